import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfChar, makeService } from '../../../test/support/work/make-service.ts';
import { makeDeployment, START } from '../../../test/support/store/store-samples.ts';
import type { Digest } from '../../core/image/digest.ts';
import type { FailureReason } from '../../core/rollout/failure-reason.ts';
import { type Deployment, findDeployment, type Intent } from '../deployments/deployments.ts';
import { recordIntent, recordSent } from '../deployments/intents.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { queueDeployment } from '../deployments/queue-deployment.ts';
import { endAsFailed, endAsSkipped } from './end-rollout.ts';

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map(digestOfChar) as [Digest, Digest, Digest, Digest];
const intentTo = (target: Digest, change: Partial<Intent> = {}): Intent => ({
  phase: 'forward',
  target,
  version: 11,
  forceUpdate: 0,
  at: START,
  failed: null,
  refuted: false,
  ...change,
});
const FAILED = { reason: 'unhealthy', message: 'unhealthy container', task: null } as const;
const BACK = { phase: 'back', version: 15, failed: FAILED } as const;

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const queue = async (id: string, from: Digest, to: Digest): Promise<Deployment> => {
  await store.db
    .transaction()
    .execute((query) => queueDeployment(query, makeDeployment({ id, from, to }), START));
  const deployment = await findDeployment(store.db, id);
  if (deployment === null) throw new Error('no such deployment');
  return deployment;
};
const send = async (id: string, to: Digest): Promise<void> => {
  await recordIntent(store.db, id, intentTo(to), START);
  await recordSent(store.db, id, START, { detail: {} });
};
/** The engine rolled back to `digest` because an update failed, and paused. */
const rolledBackTo = (digest: Digest) =>
  makeService({
    imageText: `acme/web:v1@${digest}`,
    version: 16,
    update: { state: 'rollback_paused', message: '', startedAt: null, rolledBackBy: 'engine' },
  });
/** The third deployment does nothing while the service shows `digest`. Returns what is followed instead. */
const skipThird = async (deployment: Deployment, digest: Digest): Promise<Deployment | null> => {
  const service = makeService({ imageText: `acme/web:v1@${digest}`, version: 16 });
  const ending = { deployment, service, newId: () => 'next' };
  const displaced = await endAsSkipped(store.db, ending, { reason: 'held' }, START);
  return displaced === null ? null : findDeployment(store.db, 'next');
};

describe('a deployment that is skipped', () => {
  it('leaves the service to the update before the one that got no answer and never arrived', async () => {
    await queue('1', A, B);
    await send('1', B);
    await queue('2', B, C);
    await recordIntent(store.db, '2', intentTo(C, { version: 14 }), START);
    const third = await queue('3', B, D);
    expect(await skipThird(third, B)).toMatchObject({ state: 'verifying', to: B });
  });

  it('has a revert resumed that never arrived', async () => {
    await queue('1', A, B);
    await send('1', B);
    await recordIntent(store.db, '1', intentTo(A, BACK), START);
    const next = await queue('2', B, C);
    expect(await skipThird(next, B)).toMatchObject({
      state: 'updating',
      to: B,
      intent: { phase: 'back', target: A },
    });
  });

  it('has that revert resumed also where an update without an answer came in between', async () => {
    await queue('1', A, B);
    await send('1', B);
    await recordIntent(store.db, '1', intentTo(A, BACK), START);
    await queue('2', B, C);
    await recordIntent(store.db, '2', intentTo(C, { version: 15 }), START);
    const third = await queue('3', B, D);
    expect(await skipThird(third, B)).toMatchObject({ state: 'updating', to: B });
  });

  it.each([
    ['a revert that arrived', A],
    ['an image that somebody else set', D],
  ])('leaves %s as it is', async (_what, digest) => {
    await queue('1', A, B);
    await send('1', B);
    await recordIntent(store.db, '1', intentTo(A, BACK), START);
    await queue('2', B, C);
    await recordIntent(store.db, '2', intentTo(C, { version: 15 }), START);
    const third = await queue('3', B, digestOfChar('e'));
    expect(await skipThird(third, digest)).toBeNull();
  });

  it.each([
    ['has the update before followed that the engine went back to', B, { to: B }],
    ['leaves what the engine went back to if no update brought it', A, null],
    ['leaves what the engine went back to if others brought it', digestOfChar('e'), null],
  ])('%s', async (_what, digest, expected) => {
    await queue('1', A, B);
    await send('1', B);
    await queue('2', B, C);
    await send('2', C);
    await queue('3', C, D);
    // Refused as out of sequence, because the engine was rolling back: it changed nothing.
    await recordIntent(store.db, '3', intentTo(D, { version: 14 }), START);
    const fourth = await queue('4', C, B);
    const ending = { deployment: fourth, service: rolledBackTo(digest), newId: () => 'next' };
    await endAsSkipped(store.db, ending, { reason: 'already-current' }, START);
    const next = await findDeployment(store.db, 'next');
    if (expected === null) expect(next).toBeNull();
    else expect(next).toMatchObject({ state: 'verifying', ...expected });
  });
});

describe('a deployment that fails', () => {
  const failed = (reason: FailureReason) => ({
    state: 'failed' as const,
    reason,
    failure: { message: '', node: null, nodeName: null, exitCode: null, log: [] },
    detail: {},
  });
  const service = makeService({ imageText: `acme/web:v1@${B}`, version: 12 });

  it.each(['no-fitting-node', 'refused', 'registry-refused'] as const)(
    'before anything of it was there has the update before followed: %s',
    async (reason) => {
      await queue('1', A, B);
      await send('1', B);
      const ending = { deployment: await queue('2', B, C), service, newId: () => 'next' };
      await endAsFailed(store.db, ending, failed(reason), START);
      expect(await findDeployment(store.db, 'next')).toMatchObject({ state: 'verifying', to: B });
    },
  );

  it('with an outcome that is unknown leaves the service as it is', async () => {
    await queue('1', A, B);
    await send('1', B);
    const ending = { deployment: await queue('2', B, C), service, newId: () => 'next' };
    await endAsFailed(store.db, ending, failed('outcome-unknown'), START);
    expect(await findDeployment(store.db, 'next')).toBeNull();
  });
});
