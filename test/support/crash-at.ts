import type { KyselyPlugin } from 'kysely';
import type { Wrap } from './work-bench.ts';

/** Something that happens at a step of the work, counted from when it was armed. */
export type StepCounter = {
  /** Goes before the cluster, the registries and the store of one run of the work. */
  readonly wrap: Wrap;
  readonly arm: () => void;
  /** Resolves at the step, if it ever comes. */
  readonly reached: Promise<void>;
};

/**
 * Counts every question to a cluster, a registry or the store, and every answer of a cluster or a
 * registry. At the `step`-th, a `crash` lets nothing get out of the work any more, as when its process
 * is gone; a `stop` only tells.
 */
export const createStepCounter = (step: number, at: 'crash' | 'stop'): StepCounter => {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  let left = Number.POSITIVE_INFINITY;
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
          if (key === 'close' || key === 'quotas') return answer(...given);
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
      write: (write) => async (work) => {
        tick();
        const written = await write(work);
        tick();
        return written;
      },
    },
    arm: () => {
      left = step;
    },
    reached,
  };
};
