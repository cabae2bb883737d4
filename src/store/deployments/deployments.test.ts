import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfChar, makeService } from '../../../test/support/work/make-service.ts';
import { makeDeployment, START } from '../../../test/support/store/store-samples.ts';
import {
  activeDeployments,
  addStep,
  addStepOnWay,
  type Deployment,
  endDeployment,
  findDeployment,
  type Intent,
  lastSent,
  openDeployments,
  postpone,
  recordTarget,
} from './deployments.ts';
import { recordIntent, recordSent, refuteIntent } from './intents.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { type NewDeployment, queueDeployment } from './queue-deployment.ts';
import { readDeployment } from './read-deployments.ts';

const A = digestOfChar('a');
const B = digestOfChar('b');
const C = digestOfChar('c');

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const queue = (change: Partial<NewDeployment> = {}, at = START) =>
  store.db.transaction().execute((query) => queueDeployment(query, makeDeployment(change), at));
const found = async (id: string): Promise<Deployment> => {
  const deployment = await findDeployment(store.db, id);
  if (deployment === null) throw new Error('no such deployment');
  return deployment;
};
const intent = (change: Partial<Intent> = {}): Intent => ({
  phase: 'forward',
  target: B,
  version: 11,
  forceUpdate: 0,
  at: START + 10,
  failed: null,
  refuted: false,
  ...change,
});
const END = { state: 'succeeded', reason: null, failure: null } as const;

describe('queueing', () => {
  it('puts a deployment on disk with its triggers and its first step', async () => {
    const { id, joined } = await queue();
    expect(joined).toBe(false);
    expect(await found(id)).toMatchObject({
      cluster: 'one',
      serviceId: 'service-1',
      serviceName: 'web',
      name: 'docker.io/acme/web',
      tag: 'v1',
      from: A,
      to: B,
      cause: 'digest-differs',
      state: 'queued',
      queuedAt: START,
      runAt: START,
      startedAt: null,
      endedAt: null,
      intent: null,
      attempts: 0,
    });
    expect(await readDeployment(store.db, id)).toMatchObject({
      triggers: [{ kind: 'hook', delivery: 'delivery-1' }],
      steps: [{ step: 'queued', detail: { cause: 'digest-differs' } }],
    });
  });

  it.each(['queued', 'updating', 'verifying'] as const)(
    'joins the one that is %s to the same digest, each trigger once',
    async (state) => {
      const first = await queue();
      if (state !== 'queued') await recordIntent(store.db, first.id, intent(), START + 99_000);
      if (state === 'verifying') await recordSent(store.db, first.id, START, { detail: {} });
      const triggers = [
        { kind: 'hook', source: 'delivery-1' },
        { kind: 'smart-redeploy', source: 'run-1' },
      ] as const;
      expect(await queue({ triggers })).toEqual({ id: first.id, joined: true });
      expect((await readDeployment(store.db, first.id))?.triggers).toEqual([
        { kind: 'hook', delivery: 'delivery-1' },
        { kind: 'smart-redeploy', run: 'run-1' },
      ]);
      expect((await found(first.id)).state).toBe(state);
    },
  );

  it('joins none that the cluster chooses the digest of for another cause', async () => {
    const first = await queue({ to: null, cause: 'handed-over' });
    const second = await queue({ to: null, cause: 'taken-back' });
    expect(second).toMatchObject({ joined: false });
    expect(second.id).not.toBe(first.id);
  });

  it('joins one that the cluster chooses the digest of', async () => {
    const first = await queue({ to: null, cause: 'handed-over' });
    expect(await queue({ to: null, cause: 'handed-over' })).toEqual({ id: first.id, joined: true });
  });

  it('lets one that is put off wait no longer, and brings none back in time', async () => {
    const { id } = await queue();
    await postpone(store.db, id, START, 60_000);
    await queue({}, START + 1_000);
    expect((await found(id)).runAt).toBe(START + 1_000);
    await queue({}, START + 2_000);
    expect((await found(id)).runAt).toBe(START + 1_000);
  });

  it('supersedes the open one by a newer digest', async () => {
    const first = await queue();
    await recordIntent(store.db, first.id, intent(), START + 99_000);
    const second = await queue({ to: C }, START + 500);
    expect(second.joined).toBe(false);
    expect(await readDeployment(store.db, first.id)).toMatchObject({
      state: 'superseded',
      endedAt: new Date(START + 500).toISOString(),
      steps: [{ step: 'queued' }, { step: 'superseded', detail: { by: second.id } }],
    });
  });

  it('a person who insists supersedes also the same digest', async () => {
    const first = await queue();
    const second = await queue({ cause: 'forced' });
    expect(second.joined).toBe(false);
    expect((await found(first.id)).state).toBe('superseded');
  });

  it.each([
    ['of another service', { service: makeService({ id: 'service-2' }) }],
    ['on another cluster', { cluster: 'two' }],
  ])('leaves one %s alone', async (_name, change) => {
    const first = await queue();
    await queue({ to: C, ...change });
    expect((await found(first.id)).state).toBe('queued');
  });

  it('begins anew after the last one ended', async () => {
    const first = await queue();
    await endDeployment(store.db, first.id, END, START);
    expect((await queue()).joined).toBe(false);
  });
});

describe('one after the other', () => {
  it('an intent is kept with its attempt, and the first time is when it started', async () => {
    const { id } = await queue();
    expect(await recordIntent(store.db, id, intent(), START + 1_000)).toBe(true);
    await refuteIntent(store.db, id, intent());
    expect(await found(id)).toMatchObject({ intent: intent({ refuted: true }) });
    expect(await recordIntent(store.db, id, intent({ at: START + 20 }), START + 2_000)).toBe(true);
    expect(await found(id)).toMatchObject({
      state: 'updating',
      attempts: 2,
      startedAt: START + 10,
      deadlineAt: START + 2_000,
      intent: intent({ at: START + 20 }),
    });
    expect(await recordSent(store.db, id, START + 30, { detail: { digest: B } })).toBe(true);
    expect((await found(id)).state).toBe('verifying');
  });

  it('what has ended is sent no more, and its end stays', async () => {
    const { id } = await queue();
    expect(
      await endDeployment(store.db, id, { ...END, state: 'skipped', reason: 'held' }, START),
    ).toBe(true);
    expect(await recordIntent(store.db, id, intent(), START)).toBe(false);
    expect(await recordSent(store.db, id, START, { detail: {} })).toBe(false);
    expect(await endDeployment(store.db, id, { ...END, state: 'failed' }, START + 9)).toBe(false);
    expect(await readDeployment(store.db, id)).toMatchObject({
      state: 'skipped',
      reason: 'held',
      endedAt: new Date(START).toISOString(),
      steps: [{ step: 'queued' }, { step: 'skipped', detail: { reason: 'held' } }],
    });
  });

  it('keeps a failure with what shows it', async () => {
    const { id } = await queue();
    const failure = {
      message: 'task: non-zero exit (3)',
      node: 'n',
      nodeName: 'swarm-2',
      exitCode: 3,
      log: ['a', 'b'],
    };
    await endDeployment(store.db, id, { state: 'failed', reason: 'task-failed', failure }, START);
    expect((await readDeployment(store.db, id))?.failure).toEqual(failure);
    // As written by a version that did not know the node's name.
    const { nodeName: _, ...older } = failure;
    await store.db
      .updateTable('deployments')
      .set({ failure: JSON.stringify(older) })
      .execute();
    expect((await readDeployment(store.db, id))?.failure).toEqual({ ...failure, nodeName: null });
  });

  it('tells nothing more of what has been given its end', async () => {
    const { id } = await queue();
    await addStepOnWay(store.db, id, { at: START, step: 'progress', detail: { running: 1 } });
    await endDeployment(store.db, id, { state: 'superseded', reason: null, failure: null }, START);
    await addStepOnWay(store.db, id, {
      at: START,
      step: 'out-of-sequence',
      detail: { version: 7 },
    });
    const steps = (await readDeployment(store.db, id))?.steps;
    expect(steps).toMatchObject([
      { step: 'queued' },
      { step: 'progress', detail: { running: 1 } },
      { step: 'superseded' },
    ]);
  });

  it('keeps steps in their order, and the digest that was seen in the end', async () => {
    const { id } = await queue({ to: null, cause: 'handed-over' });
    await addStep(store.db, id, { at: START + 5, step: 'progress', detail: { running: 1 } });
    await addStep(store.db, id, { at: START + 4, step: 'progress', detail: { running: 2 } });
    await recordTarget(store.db, id, C);
    const view = await readDeployment(store.db, id);
    expect(view?.steps.map(({ detail }) => detail)).toMatchObject([
      {},
      { running: 1 },
      { running: 2 },
    ]);
    expect(view?.to).toBe(C);
  });

  it('lists what is under way before what waits, each in its order', async () => {
    const ids = [];
    for (const name of ['1', '2', '3'])
      ids.push((await queue({ service: makeService({ id: `service-${name}` }) })).id);
    const [first = '', second = '', third = ''] = ids;
    await recordIntent(store.db, third, intent(), START);
    const open = await openDeployments(store.db, 'one');
    expect(open.map(({ id }) => id)).toEqual([third, first, second]);
    expect([...(await activeDeployments(store.db, 'one')).keys()]).toEqual(['service-3']);
    expect(await openDeployments(store.db, 'two')).toEqual([]);
  });

  it('tells when a service was sent an update last', async () => {
    const last = () => lastSent(store.db, 'one', 'service-1');
    expect(await last()).toBeNull();
    const { id } = await queue();
    expect(await last()).toBeNull();
    await recordIntent(store.db, id, intent({ at: START + 70 }), START);
    expect(await last()).toMatchObject({ at: START + 70, from: A, digest: B });
    await endDeployment(store.db, id, { ...END, state: 'failed' }, START + 80);
    expect(await last()).toMatchObject({ at: START + 70, from: A, digest: B });
    expect(await lastSent(store.db, 'two', 'service-1')).toBeNull();
  });
});
