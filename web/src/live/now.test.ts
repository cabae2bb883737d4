import { effect } from '@preact/signals';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const MINUTE_MS = 60_000;
const NOON = Date.parse('2026-03-10T12:00:00Z');

beforeEach(() => {
  vi.useFakeTimers({ now: NOON + 1_000 });
  vi.stubGlobal('document', { hidden: false, addEventListener: () => {} });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what shows the end of the minute is drawn once a minute', async () => {
  const { endOfMinute } = await import('./now.ts');
  const drawn: number[] = [];
  const stop = effect(() => {
    drawn.push(endOfMinute.value);
  });
  vi.advanceTimersByTime(2 * MINUTE_MS);
  stop();
  expect(drawn).toEqual([NOON + MINUTE_MS, NOON + 2 * MINUTE_MS, NOON + 3 * MINUTE_MS]);
});
