import { accessSync, constants, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from './store-error.ts';

const statOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });

/**
 * Makes a folder and those that it stands in. One after another, because Node's `recursive` tries for ever
 * where a folder is there and takes none: in /proc, behind a link to nowhere, on a mount that is gone.
 */
const makeFolder = (folder: string): void => {
  if (statOf(folder)?.isDirectory() === true) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above);
  try {
    mkdirSync(folder);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (statOf(folder)?.isDirectory() !== true) throw error;
  }
};

/**
 * Makes the folder for the store at `path`, and sees that a store may be written there.
 *
 * @throws {StoreError} and what Node throws
 */
export const makePlace = (path: string): void => {
  const refuse = (why: string): never => {
    throw new StoreError('not-writable', `the store ${path} cannot be opened: ${why}`);
  };
  for (let above = dirname(path); ; above = dirname(above)) {
    const stat = statOf(above);
    if (stat?.isDirectory() === false) refuse(`${above} is no folder; name another place`);
    if (stat !== undefined) break;
  }
  makeFolder(dirname(path));
  const stat = statOf(path);
  if (stat?.isDirectory() === true) refuse('it is a folder; name a file in it');
  if (stat !== undefined && !stat.isFile()) refuse('it is no ordinary file; name one on a disk');
  // SQLite would only say that it cannot open it.
  accessSync(stat === undefined ? dirname(path) : path, constants.R_OK | constants.W_OK);
};
