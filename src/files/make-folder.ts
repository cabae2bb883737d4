import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * Makes a folder and those that it stands in. One after another, because Node's `recursive` tries for ever
 * where a folder is there and takes none: in /proc, behind a link to nowhere, on a mount that is gone.
 * Throws what Node throws.
 */
export const makeFolder = (folder: string, mode?: number): void => {
  if (isFolder(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above, mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!isFolder(folder)) throw error;
  }
};
