import { afterEach, beforeEach, expect, it } from 'vitest';
import { digestOfChar, makeService, makeTask } from '../../../test/support/work/make-service.ts';
import { createTestClock, type TestClock } from '../../../test/support/work/test-clock.ts';
import { silentLog } from '../../core/log.ts';
import type { Message, NoticeChannel } from '../../core/contract/notice.ts';
import type { Service, Task } from '../../core/swarm/service.ts';
import { listActions } from '../../store/access/actions.ts';
import { addHold } from '../../store/holds/holds.ts';
import type { Store } from '../../store/sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { announceHealth } from './announce-health.ts';
import { createHealthWatch, type HealthWatch } from './health-watch.ts';

let clock: TestClock;
let store: Store;
let services: Service[];
let tasks: Task[];
let ids: number;
/** Incidents, in the order of their messages. */
let incidents: string[];
let watch: HealthWatch;
const signal = new AbortController().signal;

const channel = (name: string, change: Partial<NoticeChannel['filter']> = {}): NoticeChannel => ({
  name,
  type: 'slack',
  logs: false,
  approve: null,
  noticesPerMessage: 10,
  filter: { states: null, clusters: null, stacks: null, services: null, ...change },
  send: () => Promise.reject(new Error('not asked')),
});
const CHANNELS = [channel('all'), channel('other', { services: ['other*'] })];

const restart = (): void => {
  watch = createHealthWatch({
    clusters: [
      {
        name: 'one',
        countServices: async () => services,
        listTasks: async () => ({ tasks, at: clock.now() }),
      },
    ],
    db: store.db,
    clock,
    log: silentLog,
    changed: async () => {},
    observed: async (cluster, known) => {
      const newId = (): string => `id-${(ids += 1)}`;
      await announceHealth({ channels: CHANNELS, db: store.db, clock, newId }, cluster, known);
    },
  });
};

const at = (ms: number): string => new Date(clock.now() - ms).toISOString();
const set = (running: number, change: Partial<Service> = {}): void => {
  const base = { specReplicas: 1, createdAt: at(7_200_000), updatedAt: at(7_200_000) };
  services = [makeService({ ...base, replicas: { running, desired: 1 }, ...change })];
};
const pass = async (ms: number): Promise<void> => {
  for (let left = ms; left > 0; left -= 5_000) {
    clock.skip(5_000);
    await watch.read('one', signal);
  }
};
const nameOf = (incident: string): string => {
  if (!incidents.includes(incident)) incidents.push(incident);
  return `#${incidents.indexOf(incident) + 1}`;
};
/** The messages stored since the last call. */
const left = async (): Promise<string[]> => {
  const rows = await store.db.selectFrom('notification_messages').selectAll().execute();
  await store.db.deleteFrom('notification_messages').execute();
  return rows.flatMap((row) => {
    const message = JSON.parse(row.content) as Message;
    if (message.kind !== 'health') return [];
    return message.notices.map(
      (one) =>
        `${row.channel}: ${one.service.name} ${one.state} ${nameOf(one.incident)} ${one.message}`,
    );
  });
};

beforeEach(async () => {
  clock = createTestClock(() => {}, 0);
  store = await openTestStore();
  ids = 0;
  incidents = [];
  set(1);
  tasks = [makeTask({ since: at(3_600_000), createdAt: at(3_600_000) })];
  restart();
});
afterEach(async () => {
  clock.stop();
  await store.close();
});

it('tells once that a service fails, after 30 s, and that it has recovered, also over a restart', async () => {
  await pass(5_000);
  set(0);
  tasks = [makeTask({ state: 'shutdown', desired: 'shutdown', since: at(0) })];
  await pass(30_000);
  expect(await left()).toEqual([]);
  await pass(5_000);
  expect(await left()).toEqual(['all: web failing #1 no task runs']);
  restart();
  await pass(60_000);
  expect(await left()).toEqual([]);
  set(1, { version: 12 });
  tasks = [makeTask({ since: at(0), createdAt: at(0) })];
  await pass(30_000);
  expect(await left()).toEqual([]);
  await pass(5_000);
  expect(await left()).toEqual(['all: web recovered #1 it works again']);
  await pass(60_000);
  expect(await left()).toEqual([]);
});

it('tells once although many read at the same time, and the recovery names the failure that was told', async () => {
  const passBusily = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 5_000) {
      clock.skip(5_000);
      await Promise.all([1, 2, 3].map(() => watch.read('one', signal)));
    }
  };
  await pass(5_000);
  set(0);
  tasks = [makeTask({ state: 'shutdown', desired: 'shutdown', since: at(0) })];
  await passBusily(35_000);
  expect(await left()).toEqual(['all: web failing #1 no task runs']);
  set(1, { version: 12 });
  tasks = [makeTask({ since: at(0), createdAt: at(0) })];
  await passBusily(35_000);
  expect(await left()).toEqual(['all: web recovered #1 it works again']);
});

it('tells at once of what has failed for long when it is seen for the first time', async () => {
  set(0);
  tasks = [makeTask({ state: 'shutdown', desired: 'shutdown', since: at(60_000) })];
  await pass(5_000);
  expect(await left()).toEqual(['all: web failing #1 no task runs']);
});

it('says nothing of what passes, and forgets a service that is removed', async () => {
  await pass(5_000);
  set(0);
  tasks = [makeTask({ state: 'shutdown', desired: 'shutdown', since: at(0) })];
  await pass(20_000);
  set(1, { version: 12 });
  tasks = [makeTask({ since: at(0), createdAt: at(0) })];
  await pass(60_000);
  expect(await left()).toEqual([]);
  set(0, { version: 13 });
  tasks = [];
  await pass(60_000);
  expect(await left()).toHaveLength(1);
  services = [];
  await pass(60_000);
  expect(await left()).toEqual([]);
  expect(await store.db.selectFrom('told_health').selectAll().execute()).toEqual([]);
});

it.each([
  ['known-bad', 'failing'],
  ['left-by-person', 'ok'],
] as const)(
  'tells, and records, that somebody else deployed what is held as %s',
  async (kind, health) => {
    const digest = digestOfChar('b');
    const service = makeService();
    const hold = { id: 'hold-1', cluster: 'one', service, digest, kind, deployment: null };
    await addHold(store.db, hold, clock.now() - 60_000);
    await pass(5_000);
    expect(await left()).toEqual([]);
    set(1, { version: 12, imageText: `acme/web:v1@${digest}` });
    services = [
      makeService({
        ...services[0],
        image: makeService({ imageText: `acme/web:v1@${digest}` }).image,
      }),
    ];
    tasks = [makeTask({ digest, since: at(3_600_000), createdAt: at(3_600_000) })];
    await pass(5_000);
    const view = (await watch.read('one', signal))('service-1');
    const heldSince = '2025-12-31T23:59:00.000Z';
    expect(view).toMatchObject({ health, runsHeld: { digest, hold: kind, heldSince } });
    expect(await left()).toEqual([
      expect.stringMatching(
        /^all: web known-bad-deployed #1 somebody else deployed sha256:b{12}, /,
      ),
    ]);
    const { items } = await listActions(store.db, { limit: 10, after: null });
    expect(items).toMatchObject([
      {
        actor: 'somebody else',
        action: 'known-bad-deployed',
        target: 'one/web',
        detail: { digest },
      },
    ]);
    await pass(20_000);
    expect(await left()).toEqual([]);
  },
);
