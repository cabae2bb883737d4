/** What the simulation asks of time. */
export type SimulationClock = {
  readonly now: () => number;
  /** Runs `run` after `ms`; the answer cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
};

/** Time that stands still until it is told to pass. */
export type ManualClock = SimulationClock & {
  /** Lets `ms` pass, running what falls due in its order. */
  readonly advance: (ms: number) => void;
  /** Lets time pass from one due thing to the next until `done`, nothing is due, or `limitMs` passed. */
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
      // From the back, as most things are due later than what waits already.
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

/** Real time, `speed` times as fast; its timers keep no process alive. */
export const createRealClock = (speed = 1): SimulationClock => ({
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms / speed);
    timer.unref();
    return () => clearTimeout(timer);
  },
});
