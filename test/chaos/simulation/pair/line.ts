import { StoreFailure } from '../../../../src/core/store-failure.ts';
import type { Clock } from '../../../../src/work/loop/clock.ts';

/** What keeps one helper from its work, apart from its death. */
export type Line = {
  /** Whether something may happen in it. A process that stands still gets no answers and notices no time. */
  readonly mayGo: () => boolean;
  /** Resolves when the process goes on; at once if it does not stand still. */
  readonly going: () => Promise<void>;
  readonly isCutFrom: (what: Far) => boolean;
  readonly pause: (ms: number) => void;
  readonly cut: (from: Far, ms: number) => void;
  /** Ends everything at once. */
  readonly heal: () => void;
  /** Called when the process begins to stand still. */
  onPause: () => void;
};

export type Far = 'database' | 'cluster';

export const cutOff = (): StoreFailure =>
  new StoreFailure('unreachable', 'this helper is cut off from the database');

const never = new AbortController().signal;

export const createLine = (clock: Clock, say: (what: string) => void): Line => {
  const until = { pause: 0, database: 0, cluster: 0 };
  let resumed: PromiseWithResolvers<void> | null = null;

  const endOf = (what: keyof typeof until): void => {
    if (until[what] === 0) return;
    until[what] = 0;
    say(what === 'pause' ? 'goes on' : `reaches the ${what} again`);
    if (what !== 'pause') return;
    resumed?.resolve();
    resumed = null;
  };
  const begin = async (what: keyof typeof until, ms: number): Promise<void> => {
    const end = clock.monotonic() + ms;
    if (end <= until[what]) return;
    until[what] = end;
    await clock.wait(ms, never);
    if (until[what] === end) endOf(what);
  };

  const line: Line = {
    mayGo: () => until.pause === 0,
    going: () => resumed?.promise ?? Promise.resolve(),
    isCutFrom: (what) => until[what] > 0,
    pause: (ms) => {
      say(`stands still for ${ms} ms`);
      if (until.pause === 0) line.onPause();
      resumed ??= Promise.withResolvers();
      void begin('pause', ms);
    },
    cut: (from, ms) => {
      say(`is cut off from the ${from} for ${ms} ms`);
      void begin(from, ms);
    },
    heal: () => {
      endOf('database');
      endOf('cluster');
      endOf('pause');
    },
    onPause: () => {},
  };
  return line;
};
