import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve as absolute } from 'node:path';
import { parseArgs } from 'node:util';
import { waitUntil } from '../sandbox/machine/wait-until.ts';
import { startPostgres } from '../sandbox/postgres/postgres.ts';
import type { InstanceView } from '../src/core/contract/instance-view.ts';
import { startFakeEngine } from '../test/support/fake-engine/fake-engine.ts';
import { startFakeRegistry } from '../test/support/fake-registry/fake-registry.ts';
import {
  API_TOKEN,
  HOOK_SECRET,
  type RunningHelper,
  startHelper,
} from '../test/support/program/start-helper.ts';

/*
 * Several helpers on one PostgreSQL under a stream of webhooks. Each one is stopped and replaced in turn, as in an
 * update of the helper. Then the working one is killed. `node bench/rolling-update.ts [--rounds 3] [--kills 3]`. Exits
 * with 1 if a webhook was refused or lost, or if the takeover was too slow. With `--from FILE`, the first three run another
 * program: the `src/main.ts` or `dist/main.js` of an older version. The first round then updates them.
 */

const INSTANCES = 3;
/** Pause between two webhooks. */
const PAUSE_MS = 10;
/** How long before SIGTERM an instance gets no new connections. The engine waits for 2 s. */
const OUT_BEFORE_MS = 100;
const TAKEN_OVER_MS = { SIGTERM: 2_000, SIGKILL: 20_000 };
const LEASE = 'cluster:production';
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    kills: { type: 'string', default: '3' },
    from: { type: 'string' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'rolling-update-'));
const postgres = await startPostgres();
const engine = await startFakeEngine();
const registry = await startFakeRegistry();
const { url: store, name: database } = await postgres.createDatabase();
const image = (name: string) => `${registry.host}/acme/${name}:v1`;
registry.setTag('acme/web', 'v1', 'one');
engine.addService({ name: 'web', image: image('web'), replicas: 1 });

const start = (index: number, port = 0, main?: string): Promise<RunningHelper> =>
  startHelper({
    ...(main === undefined ? {} : { main }),
    store: join(folder, `helper-${index}`),
    port,
    env: { CD_HELPER_STORE: store },
    config: {
      clusters: [{ name: 'production', type: 'engine', url: engine.url }],
      registries: [{ host: registry.host, insecure: true }],
    },
  });
const helpers: RunningHelper[] = [];
for (let index = 0; index < INSTANCES; index += 1)
  helpers.push(
    await start(index, 0, values.from === undefined ? undefined : absolute(values.from)),
  );
const addresses = helpers.map(({ url }) => url);

/** How the last instance was ended, and the connections that broke meanwhile. */
let ending: keyof typeof TAKEN_OVER_MS = 'SIGTERM';
const broken: Record<keyof typeof TAKEN_OVER_MS, string[]> = { SIGTERM: [], SIGKILL: [] };

/** Instances that the mesh does not send to: the engine takes them out before it sends SIGTERM. */
const out = new Set<number>();

/** Posts like a routing mesh: to the instances in turn, and to the next one if there is no connection. */
const post = async (first: number, body: string): Promise<number | string> => {
  const failures: string[] = [];
  for (let turn = first; turn < first + INSTANCES; turn += 1) {
    const index = turn % INSTANCES;
    if (out.has(index)) continue;
    try {
      const answer = await fetch(`${addresses[index]}/hooks/${HOOK_SECRET}`, {
        method: 'POST',
        // Like a new sender, whose connection the mesh can send anywhere.
        headers: { 'content-type': 'application/json', connection: 'close' },
        body,
        signal: AbortSignal.timeout(10_000),
      });
      await answer.arrayBuffer();
      return answer.status;
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(error);
      failures.push(why);
      // The sender itself would have seen this error.
      if (why !== 'ECONNREFUSED') broken[ending].push(why);
    }
  }
  return failures.join(', ');
};

const sent = { all: 0, accepted: 0, refused: new Map<number | string, number>(), longestMs: 0 };
const over = new AbortController();
const stream = async (): Promise<void> => {
  while (!over.signal.aborted) {
    const begun = performance.now();
    const number = sent.all;
    sent.all += 1;
    const outcome = await post(number, JSON.stringify({ image: image(`none-${number}`) }));
    if (outcome === 202) sent.accepted += 1;
    else sent.refused.set(outcome, (sent.refused.get(outcome) ?? 0) + 1);
    sent.longestMs = Math.max(sent.longestMs, performance.now() - begun);
    await new Promise((resolve) => void setTimeout(resolve, PAUSE_MS));
  }
};

const instancesBy = async (url: string): Promise<readonly InstanceView[]> => {
  const headers = { authorization: `Bearer ${API_TOKEN}` };
  const signal = AbortSignal.timeout(5_000);
  const answer = await fetch(`${url}/api/v1/instances`, { headers, signal });
  return ((await answer.json()) as { items: InstanceView[] }).items;
};
/** The index of the working helper, as one of the others sees it. */
const workingNow = async (except: number): Promise<number | null> => {
  const asked = addresses[(except + 1) % INSTANCES] ?? '';
  const holder = (await instancesBy(asked)).find(
    ({ state, leases }) => state === 'alive' && leases.some(({ name }) => name === LEASE),
  );
  if (holder === undefined) return null;
  for (const [index, url] of addresses.entries()) {
    if (index === except) continue;
    const own = (await instancesBy(url)).find(({ isSelf }) => isSelf);
    if (own?.id === holder.id) return index;
  }
  return null;
};
const working = (except: number): Promise<number> =>
  waitUntil(async () => workingNow(except), {
    what: 'one works',
    withinMs: 60_000,
    everyMs: 10,
  });

/**
 * Ends an instance, and starts another at its address. If it was the working one, resolves with the ms until the
 * takeover.
 */
const replace = async (index: number, signal: 'SIGTERM' | 'SIGKILL', worked: boolean) => {
  const helper = helpers[index];
  if (helper === undefined) throw new Error(`no helper ${index}`);
  ending = signal;
  if (signal === 'SIGTERM') {
    out.add(index);
    await new Promise((resolve) => void setTimeout(resolve, OUT_BEFORE_MS));
  }
  const begun = performance.now();
  const ended = signal === 'SIGTERM' ? helper.stop() : helper.kill();
  let tookMs: number | null = null;
  if (worked) {
    await working(index);
    tookMs = performance.now() - begun;
  }
  await ended;
  helpers[index] = await start(index, Number(new URL(addresses[index] ?? '').port));
  out.delete(index);
  return tookMs;
};

const takenOver: Record<keyof typeof TAKEN_OVER_MS, number[]> = { SIGTERM: [], SIGKILL: [] };
const streaming = Promise.all([stream(), stream()]);
try {
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (let index = 0; index < INSTANCES; index += 1) {
      const worked = (await working(-1)) === index;
      const tookMs = await replace(index, 'SIGTERM', worked);
      if (tookMs !== null) takenOver.SIGTERM.push(tookMs);
    }
  }
  for (let kill = 0; kill < Number(values.kills); kill += 1) {
    takenOver.SIGKILL.push((await replace(await working(-1), 'SIGKILL', true)) ?? 0);
  }
  over.abort();
  await streaming;
  const count = await postgres.primary.sql('select count(*) from cd_helper.deliveries', database);
  const stored = Number(count);
  process.stdout.write(
    [
      `webhooks: ${sent.all} sent, ${sent.accepted} accepted, ${sent.all - sent.accepted} refused, ${stored} in the store`,
      ...[...sent.refused].map(([why, times]) => `  refused with ${why}: ${times}`),
      `slowest: ${sent.longestMs.toFixed(0)} ms`,
      ...Object.entries(broken).map(([signal, all]) =>
        `connections broken by ${signal}: ${all.length} ${all.join(', ')}`.trim(),
      ),
      ...Object.entries(takenOver).map(
        ([signal, all]) =>
          `taken over after ${signal}: ${all.map((ms) => ms.toFixed(0)).join(', ')} ms`,
      ),
      '',
    ].join('\n'),
  );
  const isLate = Object.entries(TAKEN_OVER_MS).some(([signal, most]) =>
    takenOver[signal as keyof typeof TAKEN_OVER_MS].some((ms) => ms > most),
  );
  const isLost = sent.refused.size > 0 || stored < sent.accepted;
  if (isLost || isLate) process.exitCode = 1;
} finally {
  over.abort();
  await streaming.catch(() => {});
  await Promise.all(helpers.map((helper) => helper.kill()));
  await Promise.all([engine.close(), registry.close()]);
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
