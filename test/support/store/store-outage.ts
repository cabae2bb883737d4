import type { KyselyPlugin } from 'kysely';
import type { Durability } from '../../../src/store/sqlite/durability.ts';
import type { Db } from '../../../src/store/sqlite/open-store.ts';

/** A store outage: each query throws, for reads and for writes. */
export type StoreOutage = {
  /** Wraps the store. */
  readonly db: (db: Db) => Db;
  readonly durability: (durability: Durability) => Durability;
  /** Starts the outage. Resolves when the first query has failed. */
  readonly begin: () => Promise<void>;
  readonly end: () => void;
  /** The number of failed queries. */
  readonly failed: () => number;
};

export const createStoreOutage = (): StoreOutage => {
  let isOut = false;
  let failed = 0;
  let first = Promise.withResolvers<void>();
  const refuse = (): void => {
    if (!isOut) return;
    failed += 1;
    first.resolve();
    throw new Error('the store is away');
  };
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      refuse();
      return node;
    },
    transformResult: async ({ result }) => {
      refuse();
      return result;
    },
  };
  return {
    db: (db) => db.withPlugin(plugin),
    durability: ({ accept }) => ({
      accept: async (batch) => {
        refuse();
        return accept(batch);
      },
    }),
    begin: () => {
      isOut = true;
      first = Promise.withResolvers<void>();
      return first.promise;
    },
    end: () => {
      isOut = false;
    },
    failed: () => failed,
  };
};
