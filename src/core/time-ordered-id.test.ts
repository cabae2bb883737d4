import { randomFillSync } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTimeOrderedIds } from './time-ordered-id.ts';

const UUID_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('createTimeOrderedIds', () => {
  it('makes UUIDs of version 7 that carry their time', () => {
    const at = Date.parse('2026-05-04T03:02:01.123Z');
    const id = createTimeOrderedIds(() => at, randomFillSync)();
    expect(id).toMatch(UUID_7);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(at);
  });

  it('sorts 20,000 of one millisecond by their making, each once', () => {
    const next = createTimeOrderedIds(() => 1_000, randomFillSync);
    const made = Array.from({ length: 20_000 }, next);
    expect(made.toSorted()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
    expect(made.filter((id) => !UUID_7.test(id))).toEqual([]);
  });

  it('sorts whatever the clock does, back and forth', () => {
    const clock = fc.array(fc.integer({ min: 0, max: 2 ** 41 }), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(clock, (times) => {
        const left = [...times];
        const next = createTimeOrderedIds(() => left.shift() ?? 0, randomFillSync);
        const made = times.map(() => next());
        expect(made.toSorted()).toEqual(made);
      }),
    );
  });

  it('takes its random part from where it is told', () => {
    const zero = createTimeOrderedIds(
      () => 0x01,
      (bytes) => bytes.fill(0),
    );
    const ones = createTimeOrderedIds(
      () => 0x01,
      (bytes) => bytes.fill(0xff),
    );
    expect(zero()).toBe('00000000-0001-7000-8000-000000000000');
    expect(ones()).toBe('00000000-0001-7000-bfff-ffffffffffff');
  });
});
