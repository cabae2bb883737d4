import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EVERY_SERVICE } from '../../core/contract/every-service.ts';
import {
  makeDelivery,
  makeDeployment,
  nextId,
  START,
} from '../../../test/support/store/store-samples.ts';
import { createIntakeWriter } from '../intake/accept-delivery.ts';
import { recordAction } from '../access/actions.ts';
import { endDeployment } from '../deployments/deployments.ts';
import { recordIntent } from '../deployments/intents.ts';
import {
  addEvent,
  countChanges,
  countDeploymentEnds,
  eventRange,
  readEvents,
  takeVerified,
} from './events.ts';
import { addFreeze, endFreeze } from '../holds/freezes.ts';
import { claimCheck, endCheck } from '../check-queue/check-queue.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { recordLookups } from '../published/published.ts';
import { queueDeployment } from '../deployments/queue-deployment.ts';
import { endRun, setRunProgress, startRun } from '../runs/runs.ts';
import { EVENTS_KEPT, FORGOTTEN_AT_ONCE } from '../sqlite/event-triggers.ts';
import { digestOfChar } from '../../../test/support/work/make-service.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const told = async () =>
  (await readEvents(store.db, 0, 1_000)).map(({ type, data }) => ({ type, ...data }));
const accept = (change: Parameters<typeof makeDelivery>[0] = {}) =>
  createIntakeWriter(store, {
    clusters: ['one'],
    now: () => START,
    onWork: () => undefined,
  }).accept(makeDelivery(change));
const queue = (change: Parameters<typeof makeDeployment>[0] = {}) =>
  store.db.transaction().execute((query) => queueDeployment(query, makeDeployment(change), START));
const INTENT = {
  phase: 'forward',
  target: null,
  version: 1,
  forceUpdate: 0,
  at: START,
  failed: null,
  refuted: false,
} as const;
const end = (id: string, state: 'succeeded' | 'failed', at = START) =>
  endDeployment(
    store.db,
    id,
    {
      state,
      reason: null,
      failure: {
        message: 'no',
        node: null,
        nodeName: null,
        exitCode: 1,
        log: ['password=hunter2'],
      },
    },
    at,
  );

describe('what may change how services stand', () => {
  it('is counted', async () => {
    const counts: number[] = [];
    const count = async () => counts.push((await countChanges(store.db)) - (counts.at(-1) ?? 0));
    const { db } = store;
    await accept();
    await count();
    const check = await claimCheck(db, 'one', START);
    if (check === null) throw new Error('no check is due');
    await count();
    await endCheck(db, check, { results: [], againAt: null, attempts: 0, error: null }, START);
    const afterCheck = await countChanges(db);
    expect(counts).toEqual([0, 0]);
    expect(afterCheck).toBe(1);
    const { id } = await queue();
    await recordIntent(db, id, INTENT, START + 1);
    await end(id, 'failed');
    const afterDeployment = await countChanges(db);
    expect(afterDeployment).toBeGreaterThan(afterCheck);
    await addEvent(db, 'cluster', { name: 'one', state: 'up' });
    expect(await countChanges(db)).toBe(afterDeployment + 1);
  });
});

describe('what is told', () => {
  it('of a push: its delivery, its check, and what came of it', async () => {
    const { id } = await accept();
    const check = await claimCheck(store.db, 'one', START);
    if (check === null) throw new Error('no check is due');
    const results = check.pushes.map((push) => ({
      push: push.id,
      ended: true,
      outcome: 'deployed' as const,
      detail: null,
    }));
    await endCheck(store.db, check, { results, againAt: null, attempts: 0, error: null }, START);
    expect(await told()).toEqual([
      { type: 'delivery', id, sender: 'docker-hub', duplicateOf: null, ignored: false },
      {
        type: 'push',
        delivery: id,
        cluster: 'one',
        image: 'docker.io/acme/web:v1',
        state: 'done',
        outcome: 'deployed',
      },
      { type: 'check', cluster: 'one', image: 'docker.io/acme/web' },
    ]);
  });

  it('of a deployment: each of its states and steps, and nothing that a container wrote', async () => {
    const { id } = await queue();
    await recordIntent(store.db, id, INTENT, START + 1);
    // The same state again causes no event.
    await recordIntent(store.db, id, INTENT, START + 2);
    await end(id, 'failed');
    const deployment = {
      type: 'deployment',
      id,
      cluster: 'one',
      service: { id: 'service-1', name: 'web' },
      stack: null,
      image: 'docker.io/acme/web:v1',
      reason: null,
    };
    const place = { cluster: 'one', stack: null };
    expect(await told()).toEqual([
      { ...deployment, state: 'queued' },
      { type: 'step', deployment: id, step: 'queued', ...place },
      { ...deployment, state: 'updating' },
      { ...deployment, state: 'failed' },
      { type: 'step', deployment: id, step: 'failed', ...place },
    ]);
    expect(JSON.stringify(await told())).not.toContain('hunter2');
  });

  it('of runs, freezes, actions, what is published, and what others add', async () => {
    const { db } = store;
    const request = EVERY_SERVICE;
    const progress = { services: 3, images: 2, checkedImages: 1 };
    await startRun(db, { id: 'r1', request, origin: 'person', actor: 'oncall' }, START);
    await setRunProgress(db, 'r1', 'checking', progress);
    await setRunProgress(db, 'r1', 'checking', progress);
    await endRun(db, 'r1', { state: 'done', reason: null }, START);
    const freeze = { cluster: null, stack: null, service: null, reason: 'night', until: null };
    await addFreeze(db, { ...freeze, id: 'f1', by: 'oncall' }, START);
    await endFreeze(db, 'f1', 'oncall', START);
    await recordAction(
      db,
      { id: 'a1', actor: 'oncall', action: 'thaw', target: 'f1', detail: {} },
      START,
    );
    const published = {
      kind: 'published',
      digest: digestOfChar('a'),
      mediaType: '',
    } as const;
    await recordLookups(
      db,
      [{ name: 'docker.io/acme/web', tag: 'v1', lookup: published, members: null, askedAt: START }],
      START,
    );
    await recordLookups(
      db,
      [
        {
          name: 'docker.io/acme/web',
          tag: 'v1',
          lookup: published,
          members: null,
          askedAt: START + 1,
        },
      ],
      START + 1,
    );
    await addEvent(db, 'cluster', { name: 'one', state: 'down' });
    const seen = (await told()).map(({ type, ...data }) => [type, data]);
    expect(seen).toMatchObject([
      ['run', { id: 'r1', state: 'queued', dryRun: false }],
      ['run', { id: 'r1', state: 'checking', progress }],
      ['run', { id: 'r1', state: 'done' }],
      ['freeze', { id: 'f1', stands: true }],
      ['freeze', { id: 'f1', stands: false }],
      ['action', { id: 'a1', actor: 'oncall', action: 'thaw', target: 'f1' }],
      ['published', { image: 'docker.io/acme/web:v1', digest: digestOfChar('a'), failure: null }],
      ['cluster', { name: 'one', state: 'down' }],
    ]);
  });

  it('not where the change itself was taken back', async () => {
    await expect(
      store.db.transaction().execute(async (query) => {
        await queueDeployment(query, makeDeployment(), START);
        throw new Error('the disk is full');
      }),
    ).rejects.toThrow('the disk is full');
    expect(await told()).toEqual([]);
    await queue();
    const { oldest, newest } = await eventRange(store.db);
    expect(newest - oldest).toBe(1);
  });
});

describe('what is kept', () => {
  it('is read on from any place, and forgets the oldest', async () => {
    const last = EVENTS_KEPT + 2 * FORGOTTEN_AT_ONCE + 10;
    for (let index = 0; index < last; index += 1) {
      await addEvent(store.db, 'cluster', { index });
    }
    expect(await eventRange(store.db)).toEqual({ oldest: 2 * FORGOTTEN_AT_ONCE + 1, newest: last });
    const [first, ...rest] = await readEvents(store.db, 400, 3);
    expect(first).toMatchObject({ id: 401, data: { index: 400 } });
    expect(rest.map(({ id }) => id)).toEqual([402, 403]);
  });

  it('is nothing at first', async () => {
    expect(await eventRange(store.db)).toEqual({ oldest: 1, newest: 0 });
  });
});

describe('what is counted', () => {
  it('is each end once, and each verified push from its first hook', async () => {
    const [first, second] = [nextId(), nextId()];
    await accept({ id: first });
    await accept({ id: second, receivedAt: new Date(START + 5_000).toISOString() });
    const triggers = [first, second].map((source) => ({ kind: 'hook' as const, source }));
    const hooked = await queue({ triggers });
    await end(hooked.id, 'succeeded', START + 12_500);
    await end(hooked.id, 'failed', START + 99_000);
    const asked = await queue({ triggers: [{ kind: 'person', source: 'oncall' }] });
    await end(asked.id, 'succeeded', START + 20_000);
    const failed = await queue({ triggers });
    await end(failed.id, 'failed', START + 30_000);
    expect(await countDeploymentEnds(store.db)).toEqual([
      { cluster: 'one', state: 'failed', count: 1 },
      { cluster: 'one', state: 'succeeded', count: 2 },
    ]);
    expect(await takeVerified(store.db)).toEqual([{ cluster: 'one', seconds: 12.5 }]);
    expect(await takeVerified(store.db)).toEqual([]);
  });
});
