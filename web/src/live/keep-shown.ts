import { ApiProblem } from '../api/api-problem.ts';
import { hear, hearing } from './connection.ts';
import type { Happening } from './happening.ts';
import { confirmSession } from './session-state.ts';
import { readPause, REFRESH_MS } from './read-pause.ts';

/** Something that the helper knows, as far as this page knows it. */
export type Shown<T> = {
  /** Null until the first answer. */
  readonly value: T | null;
  /** Why the last read failed. `value` is then what was known before. */
  readonly problem: ApiProblem | null;
  /** When it was last read, in ms since the epoch. */
  readonly knownAt: number | null;
  /** False while more of it is being read. */
  readonly isWhole: boolean;
};

export const NOTHING_SHOWN = {
  value: null,
  problem: null,
  knownAt: null,
  isWhole: false,
} satisfies Shown<unknown>;

const NOT_SIGNED_IN = 401;

/** Reads the whole value. It may pass parts to `part` as they arrive. */
export type Read<T> = (signal: AbortSignal, part: (value: T) => void) => Promise<T>;

export type Watched<T> = {
  readonly read: Read<T>;
  /** Whether an event may have changed it. */
  readonly concerns: (happening: Happening) => boolean;
  readonly show: (shown: Shown<T>) => void;
};

/**
 * Reads it, and reads it again after an event that concerns it and every {@link REFRESH_MS}. Does not read while the
 * page is hidden.
 */
export const keepShown = <T>({ read, concerns, show }: Watched<T>) => {
  const stopped = new AbortController();
  let shown: Shown<T> = NOTHING_SHOWN;
  let reading = false;
  /** Whether an event arrived since the last read began. */
  let stale = false;
  let took = 0;
  let endedAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let dueAt = Number.POSITIVE_INFINITY;

  const update = (changed: Partial<Shown<T>>): void => {
    if (stopped.signal.aborted) return;
    shown = { ...shown, ...changed };
    show(shown);
  };

  const readIn = (ms: number): void => {
    const at = performance.now() + ms;
    if (at >= dueAt || stopped.signal.aborted) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(() => void readNow(), ms);
  };

  const readNow = async (): Promise<void> => {
    dueAt = Number.POSITIVE_INFINITY;
    if (document.hidden) {
      stale = true;
      return;
    }
    if (reading || stopped.signal.aborted) return;
    reading = true;
    stale = false;
    const begun = performance.now();
    const isFirst = shown.value === null;
    try {
      const value = await read(stopped.signal, (part) => {
        if (isFirst) update({ value: part, problem: null, knownAt: Date.now() });
      });
      update({ value, problem: null, knownAt: Date.now(), isWhole: true });
    } catch (error) {
      if (stopped.signal.aborted) return;
      if (!(error instanceof ApiProblem)) throw error;
      update({ problem: error });
      if (error.status === NOT_SIGNED_IN) void confirmSession();
    } finally {
      reading = false;
      endedAt = performance.now();
      took = endedAt - begun;
    }
    readIn(stale ? readPause(took, 0) : REFRESH_MS);
  };

  const readSoon = (): void => {
    stale = true;
    if (!reading) readIn(readPause(took, performance.now() - endedAt));
  };

  const onVisible = (): void => {
    if (!document.hidden && (stale || performance.now() - endedAt > REFRESH_MS)) readSoon();
  };
  document.addEventListener('visibilitychange', onVisible);
  const stopHearing = hear((happening) => {
    if (happening.type === 'reset' || concerns(happening)) readSoon();
  });
  void hearing().then(readNow);
  return {
    readSoon,
    stop: (): void => {
      stopped.abort();
      clearTimeout(timer);
      stopHearing();
      document.removeEventListener('visibilitychange', onVisible);
    },
  };
};
