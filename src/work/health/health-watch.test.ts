import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeService, makeTask } from '../../../test/support/work/make-service.ts';
import { createTestClock, type TestClock } from '../../../test/support/work/test-clock.ts';
import { ClusterError } from '../../core/swarm/cluster.ts';
import { silentLog } from '../../core/log.ts';
import type { Service, Task } from '../../core/swarm/service.ts';
import { openStore, type Store } from '../../store/sqlite/open-store.ts';
import { createHealthWatch, type HealthWatch } from './health-watch.ts';

let clock: TestClock;
let store: Store;
let stop: AbortController;
let watch: HealthWatch;
/** The requests that the cluster got. */
let asked: string[];
let changes: string[];
let services: Service[];
let tasks: Task[];
let down: boolean;
let tellsTasks: boolean;
let running: Promise<void>;

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
};
const pass = async (ms: number): Promise<void> => {
  for (let left = ms; left > 0; left -= 1_000) {
    clock.skip(Math.min(left, 1_000));
    await turns();
  }
};
/** How far the cluster's clock is ahead of ours. */
const AHEAD_MS = 3_600_000;
const at = (ms: number): string => new Date(clock.now() + AHEAD_MS - ms).toISOString();
const set = (running_: number, version = 11): void => {
  services = [
    makeService({
      version,
      specReplicas: 1,
      createdAt: at(2 * 3_600_000),
      updatedAt: at(2 * 3_600_000),
      replicas: { running: running_, desired: 1 },
    }),
  ];
};
const take = (): string[] => asked.splice(0);

beforeEach(async () => {
  clock = createTestClock(() => {}, 0);
  store = openStore(':memory:');
  stop = new AbortController();
  asked = [];
  changes = [];
  down = false;
  tellsTasks = true;
  set(1);
  tasks = [makeTask({ since: at(3_600_000), createdAt: at(3_600_000) })];
  watch = createHealthWatch({
    clusters: [
      {
        name: 'one',
        countServices: async () => {
          asked.push('services');
          if (down) throw new ClusterError('one', 'unreachable', 'no', { retryable: true });
          return services;
        },
        listTasks: async (ids) => {
          asked.push(`tasks of ${ids?.join() ?? 'all'}`);
          return tellsTasks ? { tasks, at: clock.now() + AHEAD_MS } : null;
        },
      },
    ],
    db: store.db,
    clock,
    log: silentLog,
    changed: async (cluster, { name }, { health, reason }) => {
      changes.push(`${cluster}/${name} ${health} ${reason}`);
    },
  });
  running = watch.run(stop.signal);
  await turns();
});
afterEach(async () => {
  stop.abort();
  await running;
  clock.stop();
  await store.close();
});

const read = async () => (await watch.read('one', stop.signal))('service-1');

it('asks nothing while nobody wants to know', async () => {
  await pass(10 * 60_000);
  expect(take()).toEqual([]);
});

it('asks every 5 s while somebody wants to know, and all tasks once a minute', async () => {
  const leave = watch.want();
  await turns();
  expect(take()).toEqual(['services', 'tasks of all']);
  await pass(54_000);
  expect(take()).toEqual(Array(10).fill('services'));
  await pass(6_000);
  expect(take()).toEqual(['services', 'services', 'tasks of all'].slice(0, 3));
  leave();
  leave();
  await pass(60_000);
  expect(take()).toEqual([]);
});

it('asks for the tasks of services whose counts or version changed', async () => {
  watch.want();
  await turns();
  take();
  set(0);
  await pass(5_000);
  expect(take()).toEqual(['services', 'tasks of service-1']);
  set(0, 12);
  await pass(5_000);
  expect(take()).toEqual(['services', 'tasks of service-1']);
  await pass(5_000);
  expect(take()).toEqual(['services']);
});

it('asks for two minutes after a scrape', async () => {
  watch.wantForScrapes();
  await turns();
  take();
  await pass(115_000);
  expect(take().filter((one) => one === 'services')).toHaveLength(23);
  await pass(60_000);
  expect(take()).toEqual([]);
});

it('is asked now, once for all who ask, and not again within 5 s', async () => {
  const all = await Promise.all([read(), read()]);
  expect(all.map(({ health }) => health)).toEqual(['ok', 'ok']);
  await read();
  expect(take()).toEqual(['services', 'tasks of all']);
  await pass(5_000);
  expect(take()).toEqual([]);
  await read();
  expect(take()).toEqual(['services']);
});

it('judges by the clock of the cluster, tells by its own, and remembers what the cluster forgets', async () => {
  set(0);
  const died = makeTask({
    id: 't1',
    state: 'failed',
    desired: 'shutdown',
    error: 'task: non-zero exit (3)',
    since: at(7_000),
    createdAt: at(60_000),
  });
  tasks = [died];
  const since = new Date(clock.now() - 7_000).toISOString();
  expect(await read()).toEqual({
    health: 'failing',
    healthReason: 'nothing-runs',
    healthSince: since,
    restarts: 1,
    lastError: 'task: non-zero exit (3)',
  });
  set(1, 12);
  tasks = [makeTask({ since: at(0), createdAt: at(1_000) })];
  await pass(5_000);
  expect(await read()).toMatchObject({
    health: 'degraded',
    healthReason: 'task-failed',
    restarts: 1,
  });
  expect(changes).toEqual(['one/web degraded task-failed']);
  await pass(10 * 60_000);
  expect(await read()).toMatchObject({ health: 'ok', restarts: 1 });
  await pass(51 * 60_000);
  expect(await read()).toMatchObject({ health: 'ok', restarts: 0, lastError: null });
});

it('does not know of a cluster that does not answer, and knows again when it does', async () => {
  down = true;
  expect(await read()).toMatchObject({ health: 'unknown', healthReason: 'unreachable' });
  expect(watch.known().size).toBe(0);
  down = false;
  expect(await read()).toMatchObject({ health: 'ok' });
  expect(watch.known().size).toBe(1);
});

it('judges by counts where the cluster tells no tasks', async () => {
  tellsTasks = false;
  const leave = watch.want();
  await turns();
  expect(await read()).toMatchObject({ health: 'ok' });
  set(0);
  await pass(5_000);
  expect(await read()).toMatchObject({ health: 'ok' });
  await pass(5_000);
  expect(await read()).toMatchObject({ health: 'failing', healthReason: 'nothing-runs' });
  leave();
});
