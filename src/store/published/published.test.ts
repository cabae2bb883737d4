import { expect, it, onTestFinished } from 'vitest';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { digestOfChar, published } from '../../../test/support/work/make-service.ts';
import { keepLookups } from '../checks/commit-checks.ts';
import { readLookupsSince } from './published.ts';

it('what a registry was asked in the millisecond of the start of a run belongs to the run', async () => {
  const store = await openTestStore();
  onTestFinished(store.close);
  const asked = (tag: string, askedAt: number) =>
    ({ name: 'r/web', tag, lookup: published(digestOfChar('a')), members: null, askedAt }) as const;
  await keepLookups(store.db, [asked('before', 999), asked('at', 1_000)], 2_000);
  expect([...(await readLookupsSince(store.db, 1_000)).keys()]).toEqual(['r/web:at']);
});
