import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfChar } from '../../test/support/make-service.ts';
import { makeDeployment, START } from '../../test/support/store-samples.ts';
import type { Digest } from '../core/digest.ts';
import { endDeployment } from '../store/deployments.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { queueDeployment } from '../store/queue-deployment.ts';
import { rollbackTarget } from './rollback-target.ts';

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map(digestOfChar) as [Digest, Digest, Digest, Digest];
/** Begins as C does, and never ran. */
const TWIN = `sha256:${'c'.repeat(20)}${'0'.repeat(44)}` as Digest;
const SERVICE = { id: 'service-1', name: 'web' };

let store: Store;
beforeEach(async () => {
  store = openStore(':memory:');
  for (const [from, to, state] of [
    [A, B, 'succeeded'],
    [B, TWIN, 'rolled-back'],
    [B, C, 'succeeded'],
    [C, D, 'succeeded'],
  ] as const) {
    const wanted = makeDeployment({ from, to, cause: 'forced' });
    const { id } = await queueDeployment(store.db, wanted, START);
    await endDeployment(store.db, id, { state, reason: null, failure: null }, START);
  }
});
afterEach(() => store.close());

describe('what a rollback goes to', () => {
  it.each([
    ['nothing said', null, C],
    ['one step back', '1', C],
    ['two steps back', '2', B],
    ['three steps back, before our first deployment', '3', A],
    ['a digest', A, A],
    ['one that is not in the history', digestOfChar('9'), digestOfChar('9')],
    ['the beginning of one', B.slice(0, 19), B],
    ['the beginning of its digits', 'bbbbbb', B],
    ['as much as tells it from another', C.slice('sha256:'.length, 30), C],
  ])('%s', async (_name, to, expected) => {
    expect(await rollbackTarget(store.db, 'one', SERVICE, D, to)).toBe(expected);
  });

  it.each([
    ['more steps than are known', '4', 'only 3 of the digests that web ran before are known'],
    ['two that begin alike', 'cccccc', '2 digests in the history of web begin with cccccc'],
    ['none that begins so', 'eeeeee', 'no digest in the history of web begins with eeeeee'],
    ['too little of one', 'ccccc', 'is no digest'],
    ['a tag', 'v1', 'is no digest'],
    ['no step', '0', 'is no digest'],
    ['another algorithm', `md5:${'a'.repeat(32)}`, 'is no digest'],
  ])('refuses %s', async (_name, to, message) => {
    await expect(rollbackTarget(store.db, 'one', SERVICE, D, to)).rejects.toThrow(message);
  });

  it('refuses where nothing is known', async () => {
    const other = { id: 'service-2', name: 'api' };
    await expect(rollbackTarget(store.db, 'one', other, null, null)).rejects.toThrow(
      'no digest that api ran before is known; name one',
    );
  });
});
