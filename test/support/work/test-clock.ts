import type { Clock } from '../../../src/work/loop/clock.ts';

/** The start of time, as in the fake engine. */
const TIME_BEGINS = Date.parse('2026-01-01T00:00:00Z');

/** A clock that does not advance while a busy machine delays the test, and that a test can advance at once. */
export type TestClock = Clock & {
  /** Its speed relative to the machine's clock. */
  speed: number;
  readonly skip: (ms: number) => void;
  /** Sets the clock. No time passes, and no wait ends. */
  readonly jump: (ms: number) => void;
  readonly stop: () => void;
};

/** The most real time that one tick can count for. Anything longer is the machine's delay. */
const LONGEST_BEAT_MS = 20;
const BEAT_MS = 2;

/**
 * @param onPassed called with each amount of time that has passed, before those who waited for it
 * @param standsStill called at each tick; while it returns true, time passes only when a test lets it
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
