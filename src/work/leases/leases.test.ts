import type { KyselyPlugin } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../core/log.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { createTestClock } from '../../../test/support/work/test-clock.ts';
import { createLeases } from './leases.ts';

const SLOW_MS = 3_000;

it('tells the time of the store before any work starts, even if the answer is slow', async () => {
  const store = await openTestStore();
  onTestFinished(store.close);
  const clock = createTestClock(() => {}, 0);
  onTestFinished(clock.stop);
  const slow: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      clock.skip(SLOW_MS);
      return result;
    },
  };
  const ended = new AbortController();
  const happened: string[] = [];
  const leases = createLeases({
    db: store.db.withPlugin(slow),
    fence: null,
    instance: { id: 'one', host: 'here', version: '1' },
    clock,
    log: silentLog,
    onTime: () => happened.push('time'),
  });
  const running = leases.run(ended.signal);
  const working = leases.hold(
    'work',
    async () => {
      happened.push('work');
      ended.abort();
    },
    ended.signal,
  );
  await Promise.all([running, working]);
  expect(happened).toEqual(['time', 'work']);
});
