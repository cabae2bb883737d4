import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Postgres } from '../../../sandbox/postgres/postgres.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';
import {
  startSwarmpitDouble,
  type SwarmpitDouble,
} from '../../support/swarmpit/swarmpit-double.ts';
import { type EngineProxy, startEngineProxy } from '../engine-proxy.ts';
import { seeded } from '../seeded.ts';
import { openFakeStage } from './fake-stage.ts';
import { type Fault, inflict, momentOf } from './faults.ts';
import { openRealStage } from './real-stage.ts';
import { type Accepted, brokenRules } from './rules.ts';
import { REPLICAS, type Stage, TAG } from './stage.ts';
import { openTrio, type Trio } from './trio.ts';

export type RoundOptions = {
  readonly fault: Fault;
  /** Decides everything else. */
  readonly seed: number;
  readonly behindSwarmpit?: boolean;
  /** With a real engine, a real registry, and networks that are really cut. */
  readonly isReal?: boolean;
  /** Ends the round early; it then rejects and leaves nothing behind. */
  readonly signal?: AbortSignal;
};

export type Round = {
  readonly fault: Fault;
  /** The faults with their times, for people. */
  readonly story: readonly string[];
  readonly accepted: number;
  /** Updates that the engine accepted. */
  readonly updates: number;
  /** From the fault until another helper held the lease, and until the engine accepted an update from it. */
  readonly takenOverMs: number;
  readonly resumedMs: number;
  /** Rules that the round broke. */
  readonly broken: readonly string[];
};

const SERVICES = ['web-a', 'web-b', 'web-c'];
/** Gets one push, directly after the fault. Pushes to the others may join a burst, which waits for its end. */
const MARKED = 'web-marked';
const BETWEEN_PUSHES_MS = 900;
/** A helper that is paused or has no database does not answer. The sender then tries the next. */
const ANSWER_WITHIN_MS = 5_000;
const ACCEPTED_WITHIN_MS = 60_000;
const RESUMED_WITHIN_MS = 120_000;
const QUIET_WITHIN_MS = 240_000;

/** One round: three helpers, a stream of pushes, and a fault of the working helper. */
export const runRound = async (postgres: Postgres, options: RoundOptions): Promise<Round> => {
  const folder = mkdtempSync(join(tmpdir(), 'instances-'));
  try {
    const stage = await (options.isReal === true
      ? openRealStage(options.signal)
      : openFakeStage(folder));
    try {
      return await runRoundOn(stage, { ...options, postgres, folder });
    } finally {
      await stage.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const runRoundOn = async (
  stage: Stage,
  options: RoundOptions & { readonly postgres: Postgres; readonly folder: string },
): Promise<Round> => {
  const { fault, seed, behindSwarmpit = false, signal, folder } = options;
  const random = seeded(seed);
  // The helper follows up a push without a digest for minutes.
  const isBrief = seed % 3 !== 0;
  const { registryHost } = stage;
  /** One per helper, to know who sent what. */
  const proxies: EngineProxy[] = [];
  const swarmpits: SwarmpitDouble[] = [];
  for (const index of [0, 1, 2]) {
    const proxy = await startEngineProxy(stage.engineSocket, join(folder, `proxy-${index}.sock`));
    proxies.push(proxy);
    if (!behindSwarmpit) continue;
    const registries = { [registryHost]: `http://${registryHost}` };
    swarmpits.push(await startSwarmpitDouble({ engineUrl: proxy.url, registries }));
  }
  const clusterOf = (index: number) => {
    const swarmpit = swarmpits[index];
    return swarmpit === undefined
      ? { name: 'production', type: 'engine', url: proxies[index]?.url }
      : { name: 'production', type: 'swarmpit', url: swarmpit.url, token: swarmpit.token };
  };
  const pushed = new Map<string, string[]>();
  const image = (name: string): string => `${registryHost}/acme/${name}:${TAG}`;
  const publish = async (name: string): Promise<string> => {
    const before = pushed.get(name) ?? [];
    const digest = await stage.publish(name, `${name} ${before.length} ${seed}`);
    pushed.set(name, [...before, digest]);
    return digest;
  };
  /** As the proxies saw them, in order. */
  const updates = () => proxies.flatMap((one) => one.updates).toSorted((a, b) => a.at - b.at);
  const services: { name: string; image: string }[] = [];
  for (const name of [...SERVICES, MARKED])
    services.push({ name, image: `${image(name)}@${await publish(name)}` });
  await stage.deploy(services);
  const trio = await openTrio({
    postgres: options.postgres,
    layCable: stage.layCable,
    configOf: (index) => ({
      clusters: [clusterOf(index)],
      registries: [{ host: registryHost, insecure: true }],
    }),
    random,
    signal,
  });
  const story: string[] = [];
  const began = performance.now();
  const say = (text: string): void => {
    story.push(`${((performance.now() - began) / 1000).toFixed(2)} ${text}`);
  };
  try {
    const accepted: Accepted[] = [];
    const push = async (name: string, from: number): Promise<string> => {
      const digest = await publish(name);
      const isNamed = isBrief || random() < 0.7;
      const body = isNamed ? { image: image(name), digest } : { image: image(name) };
      accepted.push({ name, digest, delivery: await post(trio, body, from) });
      return digest;
    };
    let count = 0;
    const ended = new AbortController();
    const pushAll = async (): Promise<void> => {
      for (; !ended.signal.aborted; count += 1) {
        await push(SERVICES[Math.floor(random() * SERVICES.length)] ?? '', count);
        await delay(random() * BETWEEN_PUSHES_MS);
      }
    };
    const { member: worker, epoch } = await trio.workerLater(0);
    say(`helper ${worker.index} works`);
    const pushing = pushAll();
    // The `await` below reports the error.
    pushing.catch(() => {});

    const askedBy = (): number => proxies[worker.index]?.asked() ?? 0;
    await momentOf(random, proxies[worker.index]);
    const at = performance.now();
    say(`${fault}: helper ${worker.index}`);
    const healed = inflict(fault, worker, random, say);
    healed.catch(() => {});
    const takingOver = trio.workerLater(epoch).then((next) => {
      const ms = performance.now() - at;
      say(`helper ${next.member.index} works`);
      return { ms, next, asked: askedBy() };
    });
    takingOver.catch(() => {});
    await push(MARKED, worker.index + 1);
    await waitUntil(async () => updates().some(({ name }) => name === MARKED) || null, {
      what: 'work goes on',
      withinMs: RESUMED_WITHIN_MS,
      everyMs: 10,
      signal,
    });
    const resumedMs = performance.now() - at;
    say('the engine accepts an update again');
    const taken = await takingOver;
    await healed;
    say('the fault is over');
    const last = count + 3;
    await waitUntil(async () => (count >= last ? true : null), {
      what: 'more pushes',
      withinMs: ACCEPTED_WITHIN_MS,
      everyMs: 20,
      signal,
    });
    ended.abort();
    await pushing;
    const rules = await brokenRules({
      trio,
      stage,
      updates,
      accepted,
      pushed,
      replicas: REPLICAS,
      behindSwarmpit,
      signal,
      withinMs: QUIET_WITHIN_MS,
    });
    // If another helper took the lease and has held it since, the one that lost it had no right to send anything.
    const { next } = taken;
    const isHeldByOther = next.member !== worker && (await next.member.epoch()) === next.epoch;
    const sent = askedBy() - taken.asked;
    say(isHeldByOther ? 'the lease was not taken again' : 'the lease was taken again');
    const broken =
      isHeldByOther && sent > 0 ? [...rules, `${sent} updates were sent without the lease`] : rules;
    const output = trio.members.map((one) => `--- helper ${one.index}\n${one.output()}`);
    return {
      fault,
      story: broken.length === 0 ? story : [...story, ...output],
      accepted: accepted.length,
      updates: updates().length,
      takenOverMs: taken.ms,
      resumedMs,
      broken,
    };
  } catch (error) {
    const output = trio.members.map((one) => `--- helper ${one.index}\n${one.output()}`);
    throw new Error(`${String(error)}\n${[...story, ...output].join('\n')}`, { cause: error });
  } finally {
    await trio.close();
    await Promise.all(swarmpits.map((one) => one.close()));
    await Promise.all(proxies.map((one) => one.close()));
  }
};

/** Posts to the helpers in turn, like a load balancer, until one accepts. Returns the delivery. */
const post = (trio: Trio, body: object, from: number): Promise<string> => {
  let turn = from;
  return waitUntil(
    async () => {
      const member = trio.members[turn % trio.members.length];
      turn += 1;
      const answer = await fetch(`${member?.helper().url}/hooks/${HOOK_SECRET}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      return answer.ok ? ((await answer.json()) as { delivery: string }).delivery : null;
    },
    { what: 'a push is accepted', withinMs: ACCEPTED_WITHIN_MS, everyMs: 20 },
  );
};
