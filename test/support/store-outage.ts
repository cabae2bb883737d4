import type { KyselyPlugin } from 'kysely';
import type { Db } from '../../src/store/open-store.ts';
import type { Write } from '../../src/store/write-together.ts';

/** A store that answers nothing for a while: each query throws, whatever it reads or writes. */
export type StoreOutage = {
  /** Goes before the store. */
  readonly db: (db: Db) => Db;
  readonly write: (write: Write) => Write;
  /** Resolves when the first query has failed. */
  readonly begin: () => Promise<void>;
  readonly end: () => void;
  /** Queries that have failed. */
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
    // A statement that stands as it is in the source is seen only when it has run.
    transformResult: async ({ result }) => {
      refuse();
      return result;
    },
  };
  return {
    db: (db) => db.withPlugin(plugin),
    write: (write) => async (work) => {
      refuse();
      return write(work);
    },
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
