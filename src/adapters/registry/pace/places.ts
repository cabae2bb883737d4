import { onAbort } from '../../exchange/on-abort.ts';

/** So many places; who finds none waits, first come, first served. */
export type Places = {
  /** Resolves with a place, which is to be given back; throws the signal's reason if it is aborted before. */
  readonly take: (signal: AbortSignal) => Promise<void>;
  readonly giveBack: () => void;
};

type Waiting = {
  isGone: boolean;
  readonly resolve: () => void;
};

/** Of those who have been served, so many are remembered before they are let go together. */
const MOST_SERVED = 1_024;

export const createPlaces = (count: number): Places => {
  let taken = 0;
  let queue: Waiting[] = [];
  /** Of those before it each has been served, or has gone. */
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
      // The place goes from hand to hand, so that nobody slips in between.
      next.resolve();
    },
  };
};
