import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * Makes a folder and its missing parents. One by one, because Node's `recursive` loops forever if a parent exists but
 * cannot hold folders: in /proc, behind a broken link, on a mount that is gone. Throws Node's error.
 */
export const makeFolder = (folder: string, mode?: number): void => {
  if (isFolder(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above, mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(folder)) throw error;
  }
};
