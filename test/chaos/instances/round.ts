import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Postgres } from '../../../sandbox/postgres/postgres.ts';
import { startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { fakeImage } from '../../support/fake-registry/images.ts';
import { startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';
import {
  startSwarmpitDouble,
  type SwarmpitDouble,
} from '../../support/swarmpit/swarmpit-double.ts';
import { type EngineProxy, startEngineProxy } from '../engine-proxy.ts';
import { seeded } from '../seeded.ts';
import { type Accepted, brokenRules } from './rules.ts';
import { type Member, openTrio, type Trio } from './trio.ts';

/** What happens to the working helper. */
export const FAULTS = ['kill', 'stop', 'pause', 'cut'] as const;
export type Fault = (typeof FAULTS)[number];

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
const REPLICAS = 2;
/** Longer than a lease lives. */
const PAUSE_MS = 40_000;
const CUT_MS = 25_000;
const BETWEEN_PUSHES_MS = 900;
/** A helper that is paused or has no database does not answer. The sender then tries the next. */
const ANSWER_WITHIN_MS = 5_000;
const ACCEPTED_WITHIN_MS = 60_000;
const RESUMED_WITHIN_MS = 120_000;
const QUIET_WITHIN_MS = 240_000;

/** One round: three helpers, a stream of pushes, and a fault of the working helper. The seed decides everything. */
export const runRound = async (
  postgres: Postgres,
  { fault, seed, behindSwarmpit }: { fault: Fault; seed: number; behindSwarmpit: boolean },
): Promise<Round> => {
  const random = seeded(seed);
  // The helper follows up a push without a digest for minutes.
  const isBrief = seed % 3 !== 0;
  const folder = mkdtempSync(join(tmpdir(), 'instances-'));
  const registry = await startFakeRegistry();
  const engineSocket = join(folder, 'engine.sock');
  const engine = await startFakeEngine({
    pace: 'real',
    speed: 10,
    listen: { kind: 'unix', path: engineSocket },
  });
  /** One per helper, to know who sent what. */
  const proxies: EngineProxy[] = [];
  const swarmpits: SwarmpitDouble[] = [];
  for (const index of [0, 1, 2]) {
    const proxy = await startEngineProxy(engineSocket, join(folder, `proxy-${index}.sock`));
    proxies.push(proxy);
    if (!behindSwarmpit) continue;
    const registries = { [registry.host]: `http://${registry.host}` };
    swarmpits.push(await startSwarmpitDouble({ engineUrl: proxy.url, registries }));
  }
  const clusterOf = (index: number) => {
    const swarmpit = swarmpits[index];
    return swarmpit === undefined
      ? { name: 'production', type: 'engine', url: proxies[index]?.url }
      : { name: 'production', type: 'swarmpit', url: swarmpit.url, token: swarmpit.token };
  };
  const pushed = new Map<string, string[]>();
  const image = (name: string): string => `${registry.host}/acme/${name}:v1`;
  const publish = (name: string): string => {
    const before = pushed.get(name) ?? [];
    // Swarmpit asks for no other form.
    const content = fakeImage(`${name} ${before.length} ${seed}`, { form: 'docker' });
    const digest = registry.setTag(`acme/${name}`, 'v1', content);
    pushed.set(name, [...before, digest]);
    return digest;
  };
  for (const name of SERVICES) {
    const update = { Parallelism: 2, Monitor: 5_000_000_000, Order: 'stop-first' } as const;
    engine.addService({
      name,
      image: `${image(name)}@${publish(name)}`,
      replicas: REPLICAS,
      update,
    });
  }
  const trio = await openTrio(
    postgres,
    (index) => ({
      clusters: [clusterOf(index)],
      registries: [{ host: registry.host, insecure: true }],
    }),
    random,
  );
  const story: string[] = [];
  const began = performance.now();
  const say = (text: string): void => {
    story.push(`${((performance.now() - began) / 1000).toFixed(2)} ${text}`);
  };
  try {
    const accepted: Accepted[] = [];
    const push = async (name: string, from: number): Promise<string> => {
      const digest = publish(name);
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
    const mark = await push('web-a', worker.index + 1);
    const index = (pushed.get('web-a') ?? []).indexOf(mark);
    await waitUntil(
      async () => {
        const later = (pushed.get('web-a') ?? []).slice(index);
        return engine.updates.some(({ image: sent }) =>
          later.some((digest) => sent.endsWith(digest)),
        )
          ? true
          : null;
      },
      { what: 'work goes on', withinMs: RESUMED_WITHIN_MS, everyMs: 10 },
    );
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
    });
    ended.abort();
    await pushing;
    const rules = await brokenRules({
      trio,
      engine,
      proxies,
      accepted,
      pushed,
      replicas: REPLICAS,
      behindSwarmpit,
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
      updates: engine.updates.length,
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
    await engine.close();
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
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

/** Resolves at a random time during the stream, or exactly before or after one of the next updates. */
const momentOf = async (random: () => number, proxy: EngineProxy | undefined): Promise<void> => {
  const kind = random();
  if (kind < 0.4 || proxy === undefined) {
    await delay(1_000 + random() * 4_000);
    return;
  }
  const moment = kind < 0.7 ? 'before' : 'after';
  const wanted = 1 + Math.floor(random() * 4);
  let seen = 0;
  await new Promise<void>((resolve) => {
    proxy.setOnUpdate(async (now) => {
      if (now !== moment) return 'pass';
      seen += 1;
      if (seen < wanted) return 'pass';
      proxy.setOnUpdate(async () => 'pass');
      resolve();
      // Let the fault happen first.
      await new Promise((next) => void setImmediate(next));
      return 'pass';
    });
  });
};

/** Resolves when the helper works again. */
const inflict = async (
  fault: Fault,
  { helper, cable, start }: Member,
  random: () => number,
  say: (text: string) => void,
): Promise<void> => {
  if (fault === 'kill') {
    await helper().kill();
    await delay(random() * 20_000);
    await start();
    say('it starts again');
  } else if (fault === 'stop') {
    await helper().stop();
    await start();
    say('it starts again');
  } else if (fault === 'pause') {
    process.kill(helper().pid, 'SIGSTOP');
    await delay(PAUSE_MS);
    process.kill(helper().pid, 'SIGCONT');
    say('it wakes up');
  } else {
    cable.cut();
    await delay(CUT_MS);
    cable.mend();
    say('it has its database again');
  }
};
