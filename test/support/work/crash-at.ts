import type { KyselyPlugin } from 'kysely';
import type { Wrap } from './work-bench.ts';

/** An event at a step of the work, counted from the commit of the next webhook. */
export type StepCounter = {
  /** Wraps the cluster, the registries and the store of one run of the work. */
  readonly wrap: Wrap;
  /** Call this before the webhook is sent, so that every run counts from the same moment. */
  readonly arm: () => void;
  /** Starts counting now, with or without a webhook. */
  readonly count: () => void;
  /** Reaches the step at once, whatever the count. */
  readonly reach: () => void;
  readonly isReached: () => boolean;
  /** Resolves at the step, if it is ever reached. */
  readonly reached: Promise<void>;
};

/** Functions that send no request and answer at once. */
const AT_ONCE: ReadonlySet<string | symbol> = new Set(['close', 'quotas', 'followsIndex']);

/**
 * Counts every request to a cluster, a registry or the store, and every answer of a cluster or a registry. From the
 * `step`-th on, `crash` lets nothing leave the work, as if its process were gone. `stop` only reports the step.
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

  /** The same port. Every function that returns a promise is counted before and after. */
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
