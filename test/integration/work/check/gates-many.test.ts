import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import {
  openWorkBench,
  type RunningWork,
  type WorkBench,
} from '../../../support/work/work-bench.ts';

const MINUTE = 60_000;
/** `./dev bench waiting` has 10,000. */
const MANY = 1_500;
/** Most that are judged in one commit. */
const AT_ONCE = 200;
const IMAGE = 'acme/web:v1';

let bench: WorkBench;
let running: RunningWork;
let digest: Digest;
/** How often all services of the cluster were listed. */
let lists = 0;

const start = (): RunningWork =>
  bench.start(
    {},
    {
      cluster: (cluster) => ({
        ...cluster,
        listServices: (signal, name) => {
          lists += 1;
          return cluster.listServices(signal, name);
        },
      }),
    },
  );

/** How many wait, of those that were judged since a time. */
const count = async (since = 0): Promise<number> => {
  const { many } = await bench.store.db
    .selectFrom('waiting')
    .select((eb) => eb.fn.countAll<number>().as('many'))
    .where('set_at', '>=', since)
    .executeTakeFirstOrThrow();
  return many;
};

beforeEach(async () => {
  bench = await openWorkBench({ engine: { prepareMs: 50, startMs: 50, stopMs: 50 } });
  lists = 0;
  const first = bench.registry.setTag('acme/web', 'v1', 'start');
  for (let index = 0; index < MANY; index += 1) {
    bench.engine.addService({
      name: `web-${index}`,
      image: bench.image(IMAGE, first),
      replicas: 0,
      labels: { 'cd-helper.min-age': '72h' },
    });
  }
  bench.settle();
  running = start();
  digest = bench.registry.setTag('acme/web', 'v1', 'a');
  await bench.hook(running.work, bench.image(IMAGE), digest);
  await bench.until('all wait', async () => (await count()) === MANY);
  await bench.checked();
  // What both images were built from is read once, for people.
  await bench.until('it is known what both were built from', async () => {
    const rows = await bench.store.db.selectFrom('build_facts').select('digest').execute();
    return rows.length === 2;
  });
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

it('many that wait cost no request to a registry, and at most one list of services a minute', async () => {
  const asked = bench.registry.requests.length;
  const before = lists;
  const clockedAt = bench.clock.now();
  for (let minute = 1; minute <= 10; minute += 1) {
    bench.clock.skip(MINUTE);
    await bench.until('they were looked at', () => lists - before >= minute);
  }
  const minutes = (bench.clock.now() - clockedAt) / MINUTE;
  expect(lists - before).toBeLessThanOrEqual(minutes + 1);
  expect(bench.registry.requests.length).toBe(asked);
  expect(await bench.deployments()).toEqual([]);
});

it('all are judged anew after a restart, a few at a time: what else there is to do has its turn', async () => {
  await running.stop();
  bench.clock.skip(MINUTE);
  const since = bench.clock.now();
  start();
  const steps: number[] = [];
  let judged = 0;
  while (judged < MANY) {
    await nextTurn();
    const now = await count(since);
    if (now > judged) steps.push(now - judged);
    judged = now;
  }
  expect(Math.max(...steps)).toBeLessThanOrEqual(AT_ONCE);
});

it('all that come due at once are queued, each once, with few questions about their image', async () => {
  const heads = bench.heads();
  bench.clock.skip(73 * 60 * MINUTE);
  await bench.until('none waits', async () => (await count()) === 0);
  // Not one for each commit; what was queued in between may have the rest judged by another list.
  expect(bench.heads() - heads).toBeLessThan(MANY / AT_ONCE / 2);
  const queued = await bench.store.db.selectFrom('deployments').select('service_id').execute();
  expect(queued).toHaveLength(MANY);
  expect(new Set(queued.map((row) => row.service_id)).size).toBe(MANY);
});
