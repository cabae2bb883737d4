import { setImmediate as nextTurn } from 'node:timers/promises';
import type { KyselyPlugin } from 'kysely';
import { ClusterError } from '../../../src/core/swarm/cluster.ts';
import type { Wrap } from '../../support/work/work-bench.ts';
import type { Chances } from './chances.ts';

/**
 * Lets one thing happen at a time, in an order that the seed decides. Every request to a cluster, a registry or the
 * disk waits for its turn, and so does its answer. Time passes only here. Nothing depends on the speed of the machine,
 * and anything that could happen next can be chosen.
 */
export type Turns = {
  /**
   * Wraps the ports of one run of the work. Once that run `isGone`, none of its requests leave. Nothing of it happens
   * while `mayGo` is false.
   */
  readonly wrap: (isGone: () => boolean, mayGo?: () => boolean) => Wrap;
  /** Does this in a turn of its own, when `mayGo`. */
  readonly take: <T>(doing: () => Promise<T>, mayGo: () => boolean) => Promise<T>;
  /** Lets things happen until `doing` settles. */
  readonly drive: <T>(doing: Promise<T>) => Promise<T>;
  /** Lets `count` things happen. */
  readonly pass: (count: number) => Promise<void>;
  /** Lets everything happen that can happen now, without letting time pass on purpose. */
  readonly empty: () => Promise<void>;
};

/** Functions of the ports that send no request and answer at once. */
const AT_ONCE: ReadonlySet<string | symbol> = new Set(['close', 'quotas', 'followsIndex']);
/** The work lets at most three turns of the event loop pass without a query or a request. */
const STILL_TURNS = 6;
/** The time that passes in one step while nobody waits for an answer … */
const IDLE_MS = [10, 120] as const;
/** … and the probability that time passes while somebody does. */
const TIME_BETWEEN = 0.15;

/** Something that happens when it is chosen, and whether it can be. */
type Waiting = { readonly go: () => Promise<void>; readonly mayGo: () => boolean };
type Until = {
  readonly mayGo: () => boolean;
  readonly signal?: AbortSignal | undefined;
  /** What is thrown if an answer arrives after the signal was aborted; default: its reason. */
  readonly late?: (() => Error) | undefined;
};

/** The cluster's own deadline for an update is shorter than that of the work. */
const updateLate = (): ClusterError =>
  new ClusterError('one', 'timed-out', 'no answer in time', {
    retryable: true,
    mayHaveHappened: true,
  });

/**
 * @param isStoreBusy whether a query is in progress in a store that answers after a turn of the event loop, such as one
 * behind a socket; nothing else happens meanwhile
 * @param storeAnswers resolves when such a query may have its answer; default: after a turn of the event loop
 */
export const createTurns = (
  chances: Chances,
  letPass: (ms: number) => void,
  isStoreBusy: () => boolean,
  storeAnswers: () => Promise<void> = nextTurn,
): Turns => {
  let waiting: readonly Waiting[] = [];
  /** Increases with every visible activity of the work. */
  let seen = 0;

  const settled = <T>(
    doing: () => Promise<T>,
    mayGo: () => boolean,
  ): Promise<PromiseSettledResult<T>> => {
    const { promise, resolve } = Promise.withResolvers<PromiseSettledResult<T>>();
    seen += 1;
    const go = async (): Promise<void> => resolve((await Promise.allSettled([doing()]))[0]);
    waiting = [...waiting, { go, mayGo }];
    return promise;
  };
  const take: Turns['take'] = async (doing, mayGo) => {
    const outcome = await settled(doing, mayGo);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };
  const inTurn = async <T>(ask: () => Promise<T>, until: Until): Promise<T> => {
    const { mayGo, signal, late } = until;
    const outcome = await settled(ask, mayGo);
    await take(async () => {}, mayGo);
    if (signal?.aborted === true) throw late?.() ?? signal.reason;
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };

  const quiet = async (): Promise<void> => {
    let before = seen;
    for (let still = 0; still < STILL_TURNS; still += 1) {
      await (isStoreBusy() ? storeAnswers() : nextTurn());
      if (seen !== before || isStoreBusy()) still = 0;
      before = seen;
    }
  };
  const letOneHappen = async (): Promise<void> => {
    const ready = waiting.filter(({ mayGo }) => mayGo());
    if (ready.length === 0 || chances.happens(TIME_BETWEEN)) letPass(chances.number(...IDLE_MS));
    else {
      const next = chances.pick(ready);
      waiting = waiting.filter((one) => one !== next);
      await next.go();
    }
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
    take,
    wrap: (isGone, mayGo = () => true) => {
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
              const late = key === 'updateImage' ? updateLate : undefined;
              return inTurn(letGo, { mayGo, signal, late });
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
            return { result, onDisk: inTurn(() => onDisk, { mayGo }) };
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
    empty: async () => {
      await quiet();
      while (waiting.some(({ mayGo }) => mayGo())) await letOneHappen();
    },
    pass: async (count) => {
      await quiet();
      for (let left = count; left > 0; left -= 1) await letOneHappen();
    },
  };
};
