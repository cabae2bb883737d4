import { closeSync, openSync, rmSync } from 'node:fs';
import { openStore, type Store } from '../sqlite/open-store.ts';
import { finishBackup } from '../sqlite/finish-backup.ts';
import { LEFT_OUT_OF_BACKUPS, NEVER_COPIED } from './copied-tables.ts';
import { copyWhole } from './copy-store.ts';

/** Addresses, bodies and the audit are for nobody else on the machine. */
const PRIVATE = 0o600;

/**
 * Writes a backup of a store that is in use into a new file: SQLite's own format, for both kinds of store. It holds
 * one moment of the store, and nobody who writes waits for it. What belongs to sign-ins, to links that were sent and
 * to running helpers is left out.
 *
 * @throws where there is such a file already, or it cannot be written; then nothing is left of it
 */
export const backUp = async (store: Store, file: string): Promise<void> => {
  closeSync(openSync(file, 'wx', PRIVATE));
  try {
    if (store.copyTo === null) await copyToFile(store, file);
    else await store.copyTo(file);
    finishBackup(file, [...LEFT_OUT_OF_BACKUPS, ...NEVER_COPIED]);
  } catch (error) {
    for (const one of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]) {
      rmSync(one, { force: true });
    }
    throw error;
  }
};

const copyToFile = async (store: Store, file: string): Promise<void> => {
  const copy = openStore(file);
  try {
    await copyWhole(store.db, copy.db, { asBackup: true });
  } finally {
    await copy.close();
  }
};
