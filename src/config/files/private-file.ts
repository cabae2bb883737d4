import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../files/make-folder.ts';

const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/**
 * Writes a file that nobody else can read at any moment. Replaces an existing one, completely or not at all. Creates
 * its folder. Throws what Node throws.
 */
export const writePrivateFile = (path: string, text: string): void => {
  makeFolder(dirname(path), OWNER_ONLY_FOLDER);
  const beside = `${path}.${randomUUID()}`;
  try {
    writeFileSync(beside, text, { mode: OWNER_ONLY, flag: 'wx', flush: true });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
};

/** Removes a file. False if there was none. */
export const removeFile = (path: string): boolean => {
  try {
    rmSync(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
};
