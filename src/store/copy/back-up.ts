import { closeSync, openSync, rmSync } from 'node:fs';
import { openStore, type Store } from '../sqlite/open-store.ts';
import { finishBackup } from '../sqlite/finish-backup.ts';
import { LEFT_OUT_OF_BACKUPS, NEVER_COPIED } from './copied-tables.ts';
import { copyWhole } from './copy-store.ts';

/** Nobody else on the machine may read addresses, bodies and the audit. */
const PRIVATE = 0o600;

/**
 * Writes a backup of a store in use to a new file, in SQLite's format for both kinds of store. It is one snapshot, and
 * no writer waits for it. Sign-ins, sent links and the data of running helpers are left out.
 *
 * @throws if the file exists already or cannot be written; then nothing is left of it
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
