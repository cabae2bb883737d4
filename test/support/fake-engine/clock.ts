/** The clock that the simulation needs. */
export type SimulationClock = {
  readonly now: () => number;
  /** Runs `run` after `ms`. The returned function cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
};

/** Time that passes only on request. */
export type ManualClock = SimulationClock & {
  /** Lets `ms` pass, and runs what becomes due in order. */
  readonly advance: (ms: number) => void;
  /** Lets time pass from one due item to the next until `done`, nothing is due, or `limitMs` has passed. */
  readonly runUntil: (done: () => boolean, limitMs: number) => void;
};

type Due = { readonly at: number; readonly run: () => void; cancelled: boolean };

export const createManualClock = (startAt: number): ManualClock => {
  let now = startAt;
  const due: Due[] = [];

  const runNext = (until: number): boolean => {
    const next = due[0];
    if (next === undefined || next.at > until) return false;
    due.shift();
    now = Math.max(now, next.at);
    if (!next.cancelled) next.run();
    return true;
  };

  return {
    now: () => now,
    after(ms, run) {
      const entry: Due = { at: now + Math.max(ms, 0), run, cancelled: false };
      // From the end, because most items are due later than those already waiting.
      let index = due.length;
      while (index > 0 && (due[index - 1]?.at ?? 0) > entry.at) index -= 1;
      due.splice(index, 0, entry);
      return () => {
        entry.cancelled = true;
      };
    },
    advance(ms) {
      const until = now + ms;
      while (runNext(until));
      now = until;
    },
    runUntil(done, limitMs) {
      const until = now + limitMs;
      while (!done() && runNext(until));
    },
  };
};

/** Real time, `speed` times as fast. Its timers keep no process alive. */
export const createRealClock = (speed = 1): SimulationClock => ({
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms / speed);
    timer.unref();
    return () => clearTimeout(timer);
  },
});
