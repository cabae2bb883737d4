import type { KyselyPlugin } from 'kysely';
import type { Wrap } from './work-bench.ts';

/** Something that happens at a step of the work, counted from the commit of the next hook that comes. */
export type StepCounter = {
  /** Goes before the cluster, the registries and the store of one run of the work. */
  readonly wrap: Wrap;
  /** Before the hook is sent, so that every run counts from the same moment. */
  readonly arm: () => void;
  /** Counts from now, whether a hook comes or not. */
  readonly count: () => void;
  /** It has come to the step already, whatever was counted. */
  readonly reach: () => void;
  readonly isReached: () => boolean;
  /** Resolves at the step, if it ever comes. */
  readonly reached: Promise<void>;
};

/** Functions that ask nobody, and answer themselves. */
const AT_ONCE: ReadonlySet<string | symbol> = new Set(['close', 'quotas', 'followsIndex']);

/**
 * Counts every question to a cluster, a registry or the store, and every answer of a cluster or a
 * registry. At the `step`-th, a `crash` lets nothing get out of the work any more, as when its process
 * is gone; a `stop` only tells.
 */
export const createStepCounter = (step: number, at: 'crash' | 'stop'): StepCounter => {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  let left = Number.POSITIVE_INFINITY;
  let isArmed = false;
  const tick = (): void => {
    left -= 1;
    if (left === 0) resolve();
    if (left <= 0 && at === 'crash') throw new Error('the process is gone');
  };

  /** The same with every function that gives a promise counted before and after. */
  const counted = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, key, receiver) => {
        const value = Reflect.get(target, key, receiver) as unknown;
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          const answer = (value as (...all: unknown[]) => unknown).bind(target);
          if (AT_ONCE.has(key)) return answer(...given);
          return (async () => {
            tick();
            const found: unknown = await answer(...given);
            tick();
            return found;
          })();
        };
      },
    });
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      tick();
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return {
    wrap: {
      cluster: counted,
      registries: counted,
      db: (db) => db.withPlugin(plugin),
      durability: ({ accept }) => ({
        accept: async (batch) => {
          tick();
          const accepted = await accept(batch);
          if (isArmed) left = step;
          else tick();
          isArmed = false;
          return accepted;
        },
      }),
    },
    arm: () => {
      isArmed = true;
    },
    count: () => {
      left = step;
    },
    reach: () => {
      left = 0;
      resolve();
    },
    isReached: () => left <= 0,
    reached,
  };
};
