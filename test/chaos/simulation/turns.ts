import { setImmediate as nextTurn } from 'node:timers/promises';
import type { KyselyPlugin } from 'kysely';
import { ClusterError } from '../../../src/core/swarm/cluster.ts';
import type { Wrap } from '../../support/work-bench.ts';
import type { Chances } from './chances.ts';

/**
 * Lets one thing happen at a time, in an order that the seed decides. Every question to a cluster, a
 * registry or the disk waits until it is let go, and its answer again until it is let in; time passes only
 * here. So nothing depends on how fast the machine is, and what is let happen next may be anything that
 * could be next.
 */
export type Turns = {
  /** Goes before the ports of one run of the work; once that run `isGone`, nothing of it goes out any more. */
  readonly wrap: (isGone: () => boolean) => Wrap;
  /** Lets things happen until `doing` has its end. */
  readonly drive: <T>(doing: Promise<T>) => Promise<T>;
  /** Lets so many things happen. */
  readonly pass: (count: number) => Promise<void>;
};

/** Functions of the ports that ask nobody, and answer themselves. */
const AT_ONCE: ReadonlySet<string | symbol> = new Set(['close', 'quotas', 'followsIndex']);
/** The work lets at most three turns of the event loop go by without a query or a question. */
const STILL_TURNS = 6;
/** What passes at once while nobody waits for an answer … */
const IDLE_MS = [10, 120] as const;
/** … and, now and then, while somebody does. */
const TIME_BETWEEN = 0.15;

/** The cluster's own deadline for an update comes before that of the work. */
const updateLate = (): ClusterError =>
  new ClusterError('one', 'timed-out', 'no answer in time', {
    retryable: true,
    mayHaveHappened: true,
  });

/**
 * @param isStoreBusy whether a query is under way in a store that answers after a turn of the event loop, as one behind
 *   a socket does; nothing else happens meanwhile
 */
export const createTurns = (
  chances: Chances,
  letPass: (ms: number) => void,
  isStoreBusy: () => boolean,
): Turns => {
  const waiting: (() => Promise<void>)[] = [];
  /** Counts up with whatever the work does that can be seen. */
  let seen = 0;

  const myTurn = (): Promise<void> =>
    new Promise((resolve) => {
      seen += 1;
      waiting.push(async () => resolve());
    });
  /** @param late what is thrown where an answer comes after the signal was aborted; default its reason */
  const inTurn = async <T>(
    ask: () => Promise<T>,
    signal?: AbortSignal,
    late?: () => Error,
  ): Promise<T> => {
    const { promise, resolve } = Promise.withResolvers<PromiseSettledResult<T>>();
    seen += 1;
    waiting.push(async () => resolve((await Promise.allSettled([ask()]))[0]));
    const outcome = await promise;
    await myTurn();
    if (signal?.aborted === true) throw late?.() ?? signal.reason;
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };

  const quiet = async (): Promise<void> => {
    let before = seen;
    for (let still = 0; still < STILL_TURNS; still += 1) {
      await nextTurn();
      if (seen !== before || isStoreBusy()) still = 0;
      before = seen;
    }
  };
  const letOneHappen = async (): Promise<void> => {
    const isTime = waiting.length === 0 || chances.happens(TIME_BETWEEN);
    if (isTime) letPass(chances.number(...IDLE_MS));
    else await waiting.splice(chances.number(0, waiting.length - 1), 1)[0]?.();
    await quiet();
  };

  const queries: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      seen += 1;
      return result;
    },
  };

  return {
    wrap: (isGone) => {
      const eachAsked = <T extends object>(port: T): T =>
        new Proxy(port, {
          get: (target, key, receiver) => {
            const value = Reflect.get(target, key, receiver) as unknown;
            if (typeof value !== 'function' || AT_ONCE.has(key)) return value;
            const ask = value as (...all: unknown[]) => Promise<unknown>;
            return (...given: unknown[]): Promise<unknown> => {
              const letGo = async (): Promise<unknown> => {
                if (isGone()) throw new Error('the process is gone');
                return ask.apply(target, given);
              };
              const signal = given.findLast((one) => one instanceof AbortSignal);
              return inTurn(letGo, signal, key === 'updateImage' ? updateLate : undefined);
            };
          },
        });
      return {
        cluster: eachAsked,
        registries: eachAsked,
        db: (db) => db.withPlugin(queries),
        durability: ({ accept }) => ({
          accept: async (batch) => {
            const { result, onDisk } = await accept(batch);
            return { result, onDisk: inTurn(() => onDisk) };
          },
        }),
      };
    },
    drive: async (doing) => {
      const its = { isOver: false };
      const end = (): void => {
        its.isOver = true;
      };
      doing.then(end, end);
      await quiet();
      while (!its.isOver) await letOneHappen();
      return doing;
    },
    pass: async (count) => {
      await quiet();
      for (let left = count; left > 0; left -= 1) await letOneHappen();
    },
  };
};
