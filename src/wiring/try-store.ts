import { existsSync, rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { openStore } from '../store/sqlite/open-store.ts';
import { StoreError } from '../store/query/store-error.ts';

/** The result of trying a store. `why` is for a person. */
export type StoreTrial =
  | { readonly kind: 'free' /** Says more than its place. */; readonly detail?: string }
  | { readonly kind: 'in-use' }
  | { readonly kind: 'refused'; readonly why: string };

/** Folders that opening a store at `path` would create, innermost first. */
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
    // It was not created, or another process already uses it.
  }
};

/** Opens the store and closes it again, and leaves nothing new behind. */
export const tryStore = async (path: string): Promise<StoreTrial> => {
  const isThere = existsSync(path);
  const missing = missingFolders(path);
  try {
    const store = openStore(path);
    // While it is open, no other process can use it.
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
