import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfChar } from '../../../test/support/work/make-service.ts';
import {
  BURST_LONGEST_MS,
  BURST_MS,
  BURST_QUIET_MS,
  FOLLOW_UPS_MS,
  checkAfterHook,
  nextFollowUp,
} from './check-timing.ts';

const A = digestOfChar('a');
const B = digestOfChar('b');
const T = 1_000_000;

describe('checkAfterHook', () => {
  it.each([
    ['the first hook ever is acted on at once', null, null, T],
    ['a hook long after the last check too', T - BURST_MS - 1, null, T],
    ['one within a burst waits for quiet', T - 10, T, T + BURST_QUIET_MS],
    ['but never longer than a burst may last', T - 10, T - BURST_LONGEST_MS + 100, T + 100],
    ['nor into the past', T - 10, T - BURST_LONGEST_MS - 1, T],
    ['also long after the check that began it', T - BURST_MS - 500, T - 600, T + BURST_QUIET_MS],
    ['nobody else waits yet', T - BURST_MS, null, T + BURST_QUIET_MS],
  ])('%s', (_name, lastCheckAt, firstWaitingAt, expected) => {
    expect(checkAfterHook(T, lastCheckAt, firstWaitingAt)).toBe(expected);
  });

  it('asks neither for the past nor for later than a burst may last', () => {
    const ago = fc.option(fc.integer({ min: 0, max: 100_000 }));
    fc.assert(
      fc.property(ago, ago, (looked, waiting) => {
        const at = checkAfterHook(
          T,
          looked === null ? null : T - looked,
          waiting === null ? null : T - waiting,
        );
        expect(at).toBeGreaterThanOrEqual(T);
        expect(at).toBeLessThanOrEqual(T + BURST_LONGEST_MS);
      }),
    );
  });
});

describe('nextFollowUp', () => {
  const [first = 0, second = 0, last = 0] = FOLLOW_UPS_MS;
  it.each([
    ['nothing named, just come', null, A, 0, first],
    ['the named digest is seen', A, A, 0, null],
    ['another is seen', B, A, 0, first],
    ['the registry could not tell', A, null, 0, first],
    ['the first has just been', null, A, first, second],
    ['the first is so near that this check does for it', null, A, first - 2_000, second],
    ['the first is not so near', null, A, first - 2_001, first],
    ['the second has been', B, A, second, last],
    ['the last has been', B, A, last, null],
    ['long after all of them', null, null, 3_600_000, null],
  ])('%s', (_name, named, seen, after, expected) => {
    const due = nextFollowUp({ receivedAt: T, named }, seen, T + after);
    expect(due === null ? null : due - T).toBe(expected);
  });

  it('lies ahead, and following it comes to an end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        fc.integer({ min: 0, max: 400 }),
        (late, slow) => {
          let now = T + late;
          let checks = 0;
          for (;;) {
            const due = nextFollowUp({ receivedAt: T, named: B }, A, now);
            if (due === null) break;
            expect(due).toBeGreaterThan(now);
            now = due + slow;
            checks += 1;
          }
          expect(checks).toBeLessThanOrEqual(FOLLOW_UPS_MS.length);
        },
      ),
    );
  });
});
