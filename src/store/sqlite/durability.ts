import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Transaction } from 'kysely';
import type { Db } from '../query/db.ts';
import { relaxed } from './relaxed.ts';
import type { Tables } from '../query/schema.ts';
import type { CheckFiles } from './store-files.ts';

/** How what comes in great numbers reaches the disk. */
export type Durability = {
  /**
   * Runs a batch in a transaction of its own: all of it or, where it throws, nothing. Resolves after the
   * commit, which no crash of the process undoes and which every later query sees; no crash of the host
   * undoes it from `onDisk` on, which rejects where the batch is lost.
   */
  readonly accept: <T>(
    batch: (query: Transaction<Tables>) => Promise<T>,
  ) => Promise<{ readonly result: T; readonly onDisk: Promise<void> }>;
};

const sync = promisify(fdatasync);

/**
 * Waits for the disk in a thread of Node's pool instead of in SQLite, so that what comes meanwhile is
 * read meanwhile. `log` is the file that holds what is committed last, null for a store in memory. Nothing is
 * said to be on disk where the files of the store are gone.
 */
export const createDurability = (
  db: Db,
  { log, checkFiles }: { readonly log: string | null; readonly checkFiles: CheckFiles },
): Durability & { readonly close: () => Promise<void> } => {
  let file: number | null = null;
  const syncing = new Set<Promise<void>>();

  const reachDisk = async (): Promise<void> => {
    if (log === null) return;
    file ??= openSync(log, 'r');
    const synced = sync(file).then(checkFiles);
    syncing.add(synced);
    try {
      await synced;
    } finally {
      syncing.delete(synced);
    }
  };

  return {
    accept: async (batch) => {
      const result = await relaxed(db, batch);
      const onDisk = reachDisk();
      // Not everybody waits for it.
      onDisk.catch(() => {});
      return { result, onDisk };
    },
    close: async () => {
      // A number that is closed meanwhile may be another file's by the time a thread comes to it.
      await Promise.allSettled(syncing);
      const closing = file;
      file = null;
      if (closing !== null) closeSync(closing);
    },
  };
};
