import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Log, LogFields } from '../../core/log.ts';
import { gatherWarnings } from './gather-warnings.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const keepWarnings = () => {
  const lines: (readonly [string, LogFields | undefined])[] = [];
  const nothing = (): void => {};
  const log: Log = {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (message, fields) => void lines.push([message, fields]),
    child: () => log,
  };
  return { log, lines };
};

it('writes the first of a minute one by one, and the rest as their number', () => {
  const { log, lines } = keepWarnings();
  const warn = gatherWarnings(log);
  for (let count = 0; count < 1_000; count += 1) warn('refused', { count });
  warn('something else', {});
  expect(lines).toHaveLength(21);
  vi.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(22);
  expect(lines.at(-1)).toEqual(['refused: 980 more like it', { more: 980 }]);
  warn('refused', { count: 1 });
  expect(lines.at(-1)).toEqual(['refused', { count: 1 }]);
});
