import { afterEach, beforeEach, expect, it } from 'vitest';
import { START } from '../../../test/support/store/store-samples.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { forgetKey, KEY_KEPT_MS, keepAnswer, type RequestKey, takeKey } from './request-keys.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const KEY: RequestKey = { actor: 'oncall', key: 'k1', request: 'one' };
const take = (change: Partial<RequestKey> = {}, at = START) =>
  takeKey(store.db, { ...KEY, ...change }, at);

it('lets a key be used once, and then gives the same answer', async () => {
  expect(await take()).toEqual({ kind: 'new' });
  expect(await take()).toEqual({ kind: 'unfinished' });
  await keepAnswer(store.db, KEY, { status: 202, body: '{"id":"d1"}' });
  expect(await take()).toEqual({
    kind: 'answered',
    answer: { status: 202, body: '{"id":"d1"}' },
  });
});

it('keeps an answer without a body', async () => {
  await take();
  await keepAnswer(store.db, KEY, { status: 204, body: null });
  expect(await take()).toEqual({ kind: 'answered', answer: { status: 204, body: null } });
});

it('tells another request with the same key, and keeps the keys of others apart', async () => {
  await take();
  expect(await take({ request: 'two' })).toEqual({ kind: 'other-request' });
  expect(await take({ actor: 'wall' })).toEqual({ kind: 'new' });
  expect(await take({ key: 'k2' })).toEqual({ kind: 'new' });
});

it('forgets a key when told, and after a day', async () => {
  await take();
  await forgetKey(store.db, KEY);
  expect(await take()).toEqual({ kind: 'new' });
  expect(await take({}, START + KEY_KEPT_MS - 1)).toEqual({ kind: 'unfinished' });
  expect(await take({}, START + KEY_KEPT_MS)).toEqual({ kind: 'new' });
});

it('keeps a thousand at most', async () => {
  for (let index = 0; index < 1_010; index += 1) await take({ key: `k${index}` }, START + index);
  const { length } = await store.db.selectFrom('request_keys').select('key').execute();
  expect(length).toBe(1_000);
  expect(await take({ key: 'k1009' }, START + 1_010)).toEqual({ kind: 'unfinished' });
  expect(await take({ key: 'k9' }, START + 1_010)).toEqual({ kind: 'new' });
});
