import type { Clock } from '../../src/work/loop/clock.ts';

/** Where time begins, as in the fake engine. */
const TIME_BEGINS = Date.parse('2026-01-01T00:00:00Z');

/** Time in which a machine that is busy elsewhere costs nothing, and that a test may let pass at once. */
export type TestClock = Clock & {
  /** How much faster than the machine's own it goes. */
  speed: number;
  readonly skip: (ms: number) => void;
  /** Somebody sets the clock: no time passes, and nobody's wait is over. */
  readonly jump: (ms: number) => void;
  readonly stop: () => void;
};

/** The most real time that one beat may count for: longer ones are the machine's, not ours. */
const LONGEST_BEAT_MS = 20;
const BEAT_MS = 2;

/**
 * @param onPassed told of each bit of time that has passed, before those who waited for it are
 * @param standsStill asked at each beat; while it says so no time passes, but where a test lets it
 */
export const createTestClock = (
  onPassed: (ms: number) => void,
  speed = 10,
  standsStill: () => boolean = () => false,
): TestClock => {
  let now = TIME_BEGINS;
  let passed = 0;
  let beatAt = performance.now();
  let waiting: { readonly at: number; readonly resolve: () => void }[] = [];

  const pass = (ms: number): void => {
    now += ms;
    passed += ms;
    onPassed(ms);
    const due = waiting.filter(({ at }) => at <= now);
    waiting = waiting.filter(({ at }) => at > now);
    for (const { resolve } of due.toSorted((a, b) => a.at - b.at)) resolve();
  };
  const timer = setInterval(() => {
    const real = performance.now();
    const ms = standsStill()
      ? 0
      : Math.round(Math.min(real - beatAt, LONGEST_BEAT_MS) * clock.speed);
    beatAt = real;
    if (ms > 0) pass(ms);
  }, BEAT_MS);
  timer.unref();

  const clock: TestClock = {
    speed,
    now: () => now,
    monotonic: () => passed,
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const onAbort = (): void => {
          waiting = waiting.filter((other) => other !== entry);
          reject(signal.reason as Error);
        };
        const entry = {
          at: now + ms,
          resolve: () => {
            signal.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        signal.addEventListener('abort', onAbort, { once: true });
        waiting.push(entry);
      }),
    skip: pass,
    jump: (ms) => {
      now += ms;
      waiting = waiting.map((one) => ({ ...one, at: one.at + ms }));
    },
    stop: () => clearInterval(timer),
  };
  return clock;
};
