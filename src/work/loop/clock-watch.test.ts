import { expect, it } from 'vitest';
import { watchClock } from './clock-watch.ts';

it('tells once of a clock that was set back, and at the start', () => {
  let now = 1_000_000;
  let passed = 0;
  const wentBack = watchClock({ now: () => now, monotonic: () => passed });
  const pass = (ms: number, jump = 0): boolean => {
    now += ms + jump;
    passed += ms;
    return wentBack();
  };
  expect([pass(0), pass(60_000), pass(60_000, 3_600_000)]).toEqual([true, false, false]);
  expect([pass(10, -3_600_000), pass(10), pass(60_000, -100)]).toEqual([true, false, false]);
});
