import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WaitingFilter } from '../../core/contract/list-filters.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { listWaiting } from './list-waiting.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const SINCE = Date.parse('2026-12-01T00:00:00Z');

const wait = async (cluster: string, stack: string | null, name: string): Promise<void> => {
  const id = `${cluster}-${name}`;
  const image = { tag: 'v1', digest: `sha256:${'ab'.repeat(32)}`, from_tag: 'v1', from_digest: '' };
  const times = { since: SINCE, candidate_since: SINCE, due_at: SINCE, set_at: SINCE };
  await store.db
    .insertInto('waiting')
    .values({
      cluster,
      stack,
      service_id: id,
      service_name: name,
      name: 'docker.io/acme/web',
      ...image,
      ...times,
      spec_fingerprint: 'spec',
      gates: '[]',
      attempts: 0,
      last_error: null,
    })
    .execute();
};

/** The names on each page, until there are no more. */
const parts = async (limit: number, filter: WaitingFilter = {}): Promise<readonly string[][]> => {
  const all: string[][] = [];
  let after: string | null = null;
  do {
    const { items, next } = await listWaiting(store.db, filter, { limit, after });
    all.push(items.map(({ name }) => name));
    after = next;
  } while (after !== null);
  return all;
};

beforeEach(async () => {
  // Unordered, and with one name in two clusters and both with and without a stack.
  await wait('two', 'shop', 'web');
  await wait('one', 'shop', 'web');
  await wait('one', null, 'single');
  await wait('one', 'shop', 'api');
  await wait('one', 'billing', 'pay');
});

test('parts of any size together are the whole list, in order, each service once', async () => {
  const whole = ['single', 'pay', 'api', 'web', 'web'];
  for (const limit of [1, 2, 3, 4, 5, 6]) {
    const all = await parts(limit);
    expect(all.flat()).toEqual(whole);
    expect(all.every((part) => part.length <= limit && part.length > 0)).toBe(true);
  }
});

test('a part goes on where the one before ended, although what ended it waits no more', async () => {
  const first = await listWaiting(store.db, {}, { limit: 2, after: null });
  expect(first.items.map(({ name }) => name)).toEqual(['single', 'pay']);
  await store.db.deleteFrom('waiting').where('service_name', '=', 'pay').execute();
  const second = await listWaiting(store.db, {}, { limit: 2, after: first.next });
  expect(second.items.map(({ name }) => name)).toEqual(['api', 'web']);
});

test.each([
  ['a cluster', { cluster: 'two' }, ['web']],
  ['a stack', { stack: 'billing' }, ['pay']],
  ['a name', { service: 'web' }, ['web', 'web']],
  ['an id', { cluster: 'one', service: 'one-web' }, ['web']],
  ['nobody', { service: 'nobody' }, []],
] as const)('by %s', async (_what, filter, names) => {
  expect((await parts(1, filter)).flat()).toEqual(names);
});

test('a cursor that nobody gave begins anew', async () => {
  for (const after of ['', 'x', '{}', '[1]', 'null']) {
    const { items } = await listWaiting(store.db, {}, { limit: 1, after });
    expect(items.map(({ name }) => name)).toEqual(['single']);
  }
});
