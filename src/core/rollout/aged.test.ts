import { expect, it } from 'vitest';
import { digestOfChar } from '../../../test/support/work/make-service.ts';
import { isAged } from './aged.ts';

const A = digestOfChar('a');
const B = digestOfChar('b');
const C = digestOfChar('c');
const NOW = Date.parse('2026-02-01T00:00:00Z');
const planned = { from: A, to: B };
const seen = (digest: typeof A | null, ago: number) => ({
  digest,
  failure: null,
  checkedAt: NOW - ago,
});

it.each<[string, Parameters<typeof isAged>, boolean]>([
  ['just decided', [planned, A, seen(B, 0), NOW], false],
  ['two minutes old', [planned, A, seen(B, 120_000), NOW], false],
  ['older than two minutes', [planned, A, seen(B, 120_001), NOW], true],
  ['no answer just now', [planned, A, { ...seen(B, 0), failure: 'unreachable' }, NOW], true],
  ['of a time to come', [planned, A, seen(B, -1), NOW], true],
  ['never asked', [planned, A, null, NOW], true],
  ['the tag was seen to move on', [planned, A, seen(C, 0), NOW], true],
  ['somebody deployed another', [planned, C, seen(B, 0), NOW], true],
  ['somebody unpinned the service', [planned, null, seen(B, 0), NOW], true],
  ['of a service that names no digest', [{ from: null, to: B }, null, seen(B, 0), NOW], false],
])('%s', (_name, given, expected) => {
  expect(isAged(...given)).toBe(expected);
});
