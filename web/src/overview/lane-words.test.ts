import { expect, test } from 'vitest';
import type { LaneBar } from '../../../src/core/contract/overview.ts';
import { barWords, freezeWords, pushWords } from './lane-words.ts';

const at = (hours: number, minutes = 0, seconds = 0): string =>
  new Date(2026, 2, 10, hours, minutes, seconds).toISOString();
const NOW = Date.parse(at(12));

const bar = (change: Partial<LaneBar> = {}): LaneBar => ({
  id: 'd1',
  state: 'succeeded',
  reason: null,
  fromTag: 'v1',
  toTag: 'v1',
  queuedAt: at(3, 11),
  startedAt: at(3, 12),
  endedAt: at(3, 12, 30),
  ...change,
});

test.each<[Partial<LaneBar>, string]>([
  [{}, 'web: succeeded, v1, 03:12, took 30 s'],
  [
    { state: 'rolled-back', toTag: 'v2', reason: 'task-failed' },
    'web: rolled-back, v1 → v2, 03:12, took 30 s (a new task exited unexpectedly)',
  ],
  [{ state: 'updating', endedAt: null }, 'web: updating, v1, 03:12, for 8 h'],
  [
    { state: 'queued', startedAt: null, endedAt: null, queuedAt: at(11, 59) },
    'web: queued, v1, 11:59, for 1 min',
  ],
])('a deployment, %o: %s', (change, expected) => {
  expect(barWords('web', bar(change), NOW)).toBe(expected);
});

test('a push, and a freeze that ends or does not', () => {
  const push = { delivery: 'p1', at: at(9, 5), tag: 'v2\u202e' };
  expect(pushWords('web', push, NOW)).toBe('web: push of v2⟨202E⟩, 09:05');
  const freeze = { id: 'f1', since: at(8), until: at(18), reason: 'sale' };
  expect(freezeWords('web', freeze, NOW)).toBe('web: frozen from 08:00 until 18:00: sale');
  expect(freezeWords('web', { ...freeze, until: null }, NOW)).toBe(
    'web: frozen from 08:00 until somebody lifts it: sale',
  );
});
