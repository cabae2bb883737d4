import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfChar } from '../../../test/support/work/make-service.ts';
import { makeDeployment, START } from '../../../test/support/store/store-samples.ts';
import { type Deployment, endDeployment, findDeployment, type Intent } from './deployments.ts';
import { recordIntent, recordSent, refuteIntent } from './intents.ts';
import { findDisplaced, followOn } from './follow-on.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { queueDeployment } from './queue-deployment.ts';
import { readDeployment } from './read-deployments.ts';
import { rollBackByPerson } from '../acts/roll-back-by-person.ts';

const [B, C, D] = [digestOfChar('b'), digestOfChar('c'), digestOfChar('d')];
const INTENT: Intent = {
  phase: 'forward',
  target: B,
  version: 11,
  forceUpdate: 0,
  at: START,
  failed: null,
  refuted: false,
};

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const queue = async (id: string, to = B): Promise<Deployment> => {
  await store.db
    .transaction()
    .execute((query) => queueDeployment(query, makeDeployment({ id, to }), START));
  const deployment = await findDeployment(store.db, id);
  if (deployment === null) throw new Error('no such deployment');
  return deployment;
};
const send = async (id: string): Promise<void> => {
  await recordIntent(store.db, id, INTENT, START + 60_000);
  await recordSent(store.db, id, START, { detail: {} });
};

describe('what a deployment took the place of', () => {
  it('is the one that was sent, also where others that were not came between', async () => {
    await queue('1');
    await send('1');
    expect((await findDisplaced(store.db, await queue('2', C)))?.id).toBe('1');
    await recordIntent(store.db, '2', { ...INTENT, target: C }, START);
    await refuteIntent(store.db, '2', { ...INTENT, target: C });
    expect((await findDisplaced(store.db, await queue('3', D)))?.id).toBe('1');
  });

  it('is the one that was sent, also where the cluster refused its revert', async () => {
    await queue('1');
    await send('1');
    const failed = { reason: 'unhealthy', message: 'unhealthy container', task: null } as const;
    const revert: Intent = { ...INTENT, phase: 'back', target: D, failed };
    await recordIntent(store.db, '1', revert, START);
    await refuteIntent(store.db, '1', revert);
    expect((await findDisplaced(store.db, await queue('2', C)))?.id).toBe('1');
  });

  it('is nothing where the one before was not sent, or has an end of its own', async () => {
    expect(await findDisplaced(store.db, await queue('1'))).toBeNull();
    expect(await findDisplaced(store.db, await queue('2', C))).toBeNull();
    await send('2');
    const end = { state: 'succeeded', reason: null, failure: null } as const;
    await store.db.transaction().execute((query) => endDeployment(query, '2', end, START));
    expect(await findDisplaced(store.db, await queue('3', D))).toBeNull();
  });

  it('is the one that was sent, also where a person’s rollback had the one between skipped', async () => {
    await queue('1');
    await send('1');
    await queue('2', C);
    const rollback = makeDeployment({ id: '3', from: B, to: D, cause: 'taken-back' });
    const action = { id: 'act', actor: 'op', address: null, action: 'rollback', target: 'web' };
    const of = { deployment: rollback, goesTo: D, newId: () => randomUUID() };
    await rollBackByPerson(store.db, of, { ...action, detail: {} }, START);
    expect(await findDeployment(store.db, '2')).toMatchObject({ state: 'skipped' });
    const queued = await findDeployment(store.db, '3');
    if (queued === null) throw new Error('no such deployment');
    expect((await findDisplaced(store.db, queued))?.id).toBe('1');
  });

  it('is followed on by one that has its update, its deadline and its triggers', async () => {
    await queue('1');
    await send('1');
    const displaced = await findDisplaced(store.db, await queue('2', C));
    if (displaced === null) throw new Error('nothing was displaced');
    await store.db.transaction().execute((query) => followOn(query, displaced, '3', START + 9));
    expect(await findDeployment(store.db, '3')).toMatchObject({
      state: 'verifying',
      to: B,
      queuedAt: START + 9,
      endedAt: null,
      deadlineAt: START + 60_000,
      intent: INTENT,
    });
    expect(await readDeployment(store.db, '3')).toMatchObject({
      triggers: [{ kind: 'hook', delivery: 'delivery-1' }],
      steps: [{ step: 'queued', detail: { followsOn: '1' } }],
    });
  });
});
