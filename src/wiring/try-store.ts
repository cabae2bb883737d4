import { existsSync, rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { openStore } from '../store/sqlite/open-store.ts';
import { StoreError } from '../store/query/store-error.ts';

/** What a store is found to be; `refused` says what a person should read. */
export type StoreTrial =
  | { readonly kind: 'free' /** Says more than its place. */; readonly detail?: string }
  | { readonly kind: 'in-use' }
  | { readonly kind: 'refused'; readonly why: string };

/** Folders that opening a store at `path` would make, the innermost first. */
const missingFolders = (path: string): readonly string[] => {
  const missing: string[] = [];
  for (let folder = dirname(path); !existsSync(folder); folder = dirname(folder)) {
    missing.push(folder);
  }
  return missing;
};

const removeWhereEmpty = (folder: string): void => {
  try {
    rmdirSync(folder);
  } catch {
    // It was not made, or somebody else uses it already.
  }
};

/** Opens the store and closes it again, and leaves behind nothing that was not there. */
export const tryStore = async (path: string): Promise<StoreTrial> => {
  const isThere = existsSync(path);
  const missing = missingFolders(path);
  try {
    const store = openStore(path);
    // While it is open nobody else has it.
    if (!isThere) for (const file of [path, `${path}-wal`]) rmSync(file, { force: true });
    await store.close();
    return { kind: 'free' };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return error.code === 'in-use' ? { kind: 'in-use' } : { kind: 'refused', why: error.message };
  } finally {
    for (const folder of missing) removeWhereEmpty(folder);
  }
};
