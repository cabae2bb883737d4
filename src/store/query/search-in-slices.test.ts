import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { inParts } from './in-parts.ts';
import { insertRows } from './insert-rows.ts';
import { listDeployments } from '../deployments/read-deployments.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const idOf = (number: number): string => `id-${String(number).padStart(6, '0')}`;

/** Ended deployments, numbered from 1. Those in `wanted` belong to the service of the search. */
const fill = async (count: number, wanted: readonly number[]): Promise<void> => {
  const rows = Array.from({ length: count }, (_, index) => ({
    id: idOf(index + 1),
    cluster: 'one',
    service_id: `s${index}`,
    service_name: wanted.includes(index + 1) ? 'needle' : 'web',
    name: 'docker.io/acme/web',
    tag: 'v1',
    cause: 'forced',
    state: 'succeeded' as const,
    queued_at: index,
    ended_at: index,
    run_at: index,
  }));
  for (const some of inParts(rows)) {
    await insertRows(store.db, 'deployments', some as never).execute();
  }
};

const search = async (limit: number, after: string | null = null) => {
  const { items, next } = await listDeployments(store.db, { q: 'NEEDLE' }, { limit, after });
  return { ids: items.map(({ id }) => id), next };
};

it('finds what fits wherever it is, newest first, and goes on after it', async () => {
  await fill(1_601, [1, 500, 501, 502, 1_601]);
  expect(await search(10)).toEqual({
    ids: [1_601, 502, 501, 500, 1].map(idOf),
    next: null,
  });
  const first = await search(2);
  expect(first).toEqual({ ids: [1_601, 502].map(idOf), next: idOf(502) });
  expect(await search(2, first.next)).toEqual({ ids: [501, 500].map(idOf), next: idOf(500) });
  expect(await search(2, idOf(500))).toEqual({ ids: [idOf(1)], next: null });
});

it('looks at so many, and whoever wants more asks on from there', async () => {
  await fill(30_700, [1, 30_700]);
  const first = await search(10);
  expect(first).toEqual({ ids: [idOf(30_700)], next: idOf(701) });
  expect(await search(10, first.next)).toEqual({ ids: [idOf(1)], next: null });
});

it('lets everything else have its turn', async () => {
  await fill(5_000, []);
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await search(10);
  isDone = true;
  expect(turns).toBeGreaterThanOrEqual(9);
});
