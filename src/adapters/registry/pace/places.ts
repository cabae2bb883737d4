import { onAbort } from '../../exchange/on-abort.ts';

/** A limited number of places. Callers wait in order of arrival. */
export type Places = {
  /** Resolves with a place, which must be given back. Throws the signal's reason if it is aborted first. */
  readonly take: (signal: AbortSignal) => Promise<void>;
  readonly giveBack: () => void;
};

type Waiting = {
  isGone: boolean;
  readonly resolve: () => void;
};

/** Served entries kept at the head of the queue before they are removed together. */
const MOST_SERVED = 1_024;

export const createPlaces = (count: number): Places => {
  let taken = 0;
  let queue: Waiting[] = [];
  /** Every entry before this index has been served or has given up. */
  let head = 0;
  const nextInQueue = (): Waiting | null => {
    let found: Waiting | null = null;
    while (found === null && head < queue.length) {
      const one = queue[head];
      head += 1;
      if (one?.isGone === false) found = one;
    }
    if (head === queue.length || head > MOST_SERVED) {
      queue = queue.slice(head);
      head = 0;
    }
    return found;
  };

  return {
    take: async (signal) => {
      signal.throwIfAborted();
      if (taken < count) {
        taken += 1;
        return;
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const one: Waiting = { isGone: false, resolve };
      const cease = onAbort(signal, () => {
        one.isGone = true;
        reject(signal.reason);
      });
      queue.push(one);
      try {
        await promise;
      } finally {
        cease();
      }
    },
    giveBack: () => {
      const next = nextInQueue();
      if (next === null) {
        taken -= 1;
        return;
      }
      // Hand the place over directly, so that no newcomer can take it first.
      next.resolve();
    },
  };
};
