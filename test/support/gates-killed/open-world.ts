import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { DeploymentView, ServiceView } from '../../../src/core/contract/views.ts';
import { startFakeEngine } from '../fake-engine/fake-engine.ts';
import { startFakeRegistry } from '../fake-registry/fake-registry.ts';
import { HOOK_SECRET, type RunningHelper, startHelper } from '../program/start-helper.ts';

const SKEW = fileURLToPath(new URL('../program/skew-clock.ts', import.meta.url));
const WITHIN_MS = 120_000;
const MONITOR_NS = 100_000_000;

/** People who can vote, by their tokens. */
export const PEOPLE = {
  ana: 'the-token-of-ana-for-gates-killed-0123456789',
  ben: 'the-token-of-ben-for-gates-killed-0123456789',
} as const;
export type Person = keyof typeof PEOPLE;

/** Configuration of a helper with gates. Both people must approve `vote-*`. */
export const gateConfig = (engineUrl: string): Readonly<Record<string, unknown>> => ({
  clusters: [{ name: 'default', type: 'engine', url: engineUrl.replace('http://', 'tcp://') }],
  api: {
    tokens: Object.entries(PEOPLE).map(([name, value]) => ({ name, role: 'operator', value })),
  },
  policies: [
    { name: 'voted', match: { services: ['vote-*'] }, approval: { votes: 2, deadline: '24h' } },
  ],
});

/** The answer; null if the helper died before it answered. */
type Asked = {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
};
export type Answered = { readonly status: number; readonly body: unknown } | null;

/** A fake engine and a fake registry over sockets, and a real helper process that dies repeatedly. */
export type GateWorld = {
  /** The time of the helper's clock, ms since the epoch. */
  readonly now: () => number;
  /** Sets the helper's clock forward, even while the helper runs. */
  readonly skip: (ms: number) => void;
  readonly start: () => Promise<void>;
  /** SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Starts the helper, kills it after this many ms whether it is ready or not, and starts it again. */
  readonly dieStarting: (afterMs: number) => Promise<void>;
  /** SIGKILL this many ms after `act` began, answered or not. Then starts the helper again. */
  readonly dieDuring: <T>(act: () => Promise<T>, afterMs: number) => Promise<T>;
  readonly addService: (name: string, labels: Readonly<Record<string, string>>) => Digest;
  readonly removeService: (name: string) => void;
  readonly publish: (name: string, content: string) => Digest;
  /** Sends the webhook; null if there is no answer. */
  readonly hook: (name: string, digest: Digest) => Promise<Answered>;
  readonly approve: (name: string, by: Person) => Promise<Answered>;
  readonly reject: (name: string, by: Person) => Promise<Answered>;
  readonly service: (name: string) => Promise<ServiceView>;
  readonly deployments: (name: string) => Promise<readonly DeploymentView[]>;
  /** Digests of the updates that the engine accepted, in order. */
  readonly updates: (name: string) => readonly string[];
  readonly until: <T>(what: string, check: () => Promise<T | null>) => Promise<T>;
  readonly kills: () => number;
  readonly close: () => Promise<void>;
};

export const openGateWorld = async (): Promise<GateWorld> => {
  const engine = await startFakeEngine({ pace: 'real', speed: 20 });
  const registry = await startFakeRegistry();
  const folder = mkdtempSync(join(tmpdir(), 'gates-killed-'));
  const clockFile = join(folder, 'clock');
  let aheadMs = 0;
  let kills = 0;
  let helper: RunningHelper | null = null;
  let port = 0;
  const output: string[] = [];

  const spawn = (signal?: AbortSignal): Promise<RunningHelper> => {
    writeFileSync(clockFile, String(aheadMs));
    return startHelper({
      store: join(folder, 'store.db'),
      port,
      ...(signal === undefined ? {} : { signal }),
      secrets: Object.values(PEOPLE),
      env: {
        CD_HELPER_REGISTRY_INSECURE: registry.host,
        NODE_OPTIONS: `--import=${SKEW}`,
        TEST_CLOCK_FILE: clockFile,
      },
      config: gateConfig(engine.url),
    });
  };
  const start = async (): Promise<void> => {
    helper = await spawn();
    port = Number(new URL(helper.url).port);
  };
  const kill = async (): Promise<void> => {
    kills += 1;
    await helper?.kill();
    output.push(helper?.output() ?? '');
    helper = null;
  };

  /** Null if the helper has no address or does not answer. */
  const ask = async (path: string, init: Asked): Promise<Answered> => {
    const headers = { 'content-type': 'application/json', ...init.headers };
    const signal = AbortSignal.timeout(WITHIN_MS);
    try {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers, signal });
      return { status: answer.status, body: await answer.json() };
    } catch {
      return null;
    }
  };
  const by = (person: Person) => ({ authorization: `Bearer ${PEOPLE[person]}` });
  const decide = (name: string, person: Person, what: string, body: unknown) =>
    ask(`/api/v1/clusters/default/services/${name}/${what}`, {
      method: 'POST',
      headers: by(person),
      body: JSON.stringify(body),
    });
  const read = async <T>(path: string): Promise<T> => {
    const answer = await ask(`/api/v1${path}`, { headers: by('ana') });
    if (answer?.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer.body as T;
  };
  const imageOf = (name: string): string => `${registry.host}/gates/${name}:v1`;
  const publish = (name: string, content: string): Digest =>
    registry.setTag(`gates/${name}`, 'v1', `${name} ${content}`);

  return {
    now: () => Date.now() + aheadMs,
    skip: (ms) => {
      aheadMs += ms;
      writeFileSync(clockFile, String(aheadMs));
      if (helper !== null) process.kill(helper.pid, 'SIGUSR2');
    },
    start,
    kill,
    dieStarting: async (afterMs) => {
      const early = new AbortController();
      const starting = spawn(early.signal);
      const isUp = starting.then(
        (up) => up,
        () => null,
      );
      await delay(afterMs);
      early.abort();
      kills += 1;
      const up = await isUp;
      await up?.kill();
      output.push(up?.output() ?? '');
      await start();
    },
    dieDuring: async (act, afterMs) => {
      const acting = act();
      await delay(afterMs);
      await kill();
      const answered = await acting;
      await start();
      return answered;
    },
    addService: (name, labels) => {
      const digest = publish(name, 'start');
      const image = `${imageOf(name)}@${digest}`;
      engine.addService({ name, image, labels, update: { Monitor: MONITOR_NS } });
      return digest;
    },
    removeService: engine.removeService,
    publish,
    hook: (name, digest) =>
      ask(`/hooks/${HOOK_SECRET}`, {
        method: 'POST',
        body: JSON.stringify({ image: imageOf(name), digest }),
      }),
    approve: (name, person) => decide(name, person, 'approve', {}),
    reject: (name, person) => decide(name, person, 'reject', { reason: 'not now' }),
    service: (name) => read(`/clusters/default/services/${name}`),
    deployments: async (name) =>
      (await read<{ items: DeploymentView[] }>(`/deployments?service=${name}`)).items,
    updates: (name) =>
      engine.updates
        .filter((update) => update.name === name)
        .map(({ image }) => image.split('@')[1] ?? ''),
    until: (what, check) => waitUntil(check, { what, withinMs: WITHIN_MS, everyMs: 25 }),
    kills: () => kills,
    close: async () => {
      await helper?.kill();
      await Promise.all([engine.close(), registry.close()]);
      rmSync(folder, { recursive: true });
    },
  };
};
