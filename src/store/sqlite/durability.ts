import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Transaction } from 'kysely';
import type { Db } from '../query/db.ts';
import { relaxed } from './relaxed.ts';
import type { Tables } from '../tables/tables.ts';
import type { CheckFiles } from './store-files.ts';

/** How high-volume writes reach the disk. */
export type Durability = {
  /**
   * Runs a batch in a transaction of its own: all of it or, if it throws, nothing. Resolves after the commit. From then
   * on no crash of the process undoes it, and every later query sees it. Once `onDisk` resolves, no crash of the host
   * undoes it either; `onDisk` rejects if the batch is lost.
   */
  readonly accept: <T>(
    batch: (query: Transaction<Tables>) => Promise<T>,
  ) => Promise<{ readonly result: T; readonly onDisk: Promise<void> }>;
};

const sync = promisify(fdatasync);

/**
 * Waits for the disk in a thread of Node's pool instead of in SQLite, so new requests are read meanwhile. `log` is the
 * write-ahead log, null for a store in memory. If the store's files are gone, nothing is reported as on disk.
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
      // Not every caller awaits it.
      onDisk.catch(() => {});
      return { result, onDisk };
    },
    close: async () => {
      // If the file descriptor were closed meanwhile, the waiting thread might sync another file with the same number.
      await Promise.allSettled(syncing);
      const closing = file;
      file = null;
      if (closing !== null) closeSync(closing);
    },
  };
};
