import { accessSync, closeSync, constants, openSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../files/make-folder.ts';
import { StoreError } from '../query/store-error.ts';

/**
 * Nobody else on the machine may read deliveries, addresses and the audit. SQLite gives its other files the mode of the
 * first.
 */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

const statOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });

/**
 * Creates the folder for the store at `path`, and its file, readable by the owner alone, if they are missing. Existing
 * modes stay as they are.
 *
 * @throws {StoreError} and what Node throws
 */
export const makePlace = (path: string): void => {
  const refuse = (why: string): never => {
    throw new StoreError('not-writable', `the store ${path} cannot be opened: ${why}`);
  };
  for (let above = dirname(path); ; above = dirname(above)) {
    const stat = statOf(above);
    if (stat?.isDirectory() === false) refuse(`${above} is not a folder; choose another place`);
    if (stat !== undefined) break;
  }
  makeFolder(dirname(path), FOLDER_MODE);
  const stat = statOf(path);
  if (stat?.isDirectory() === true) refuse('it is a folder; choose a file in it');
  if (stat !== undefined && !stat.isFile())
    refuse('it is not a regular file; choose one on a disk');
  // SQLite would only report that it cannot open the file.
  accessSync(stat === undefined ? dirname(path) : path, constants.R_OK | constants.W_OK);
  if (stat === undefined) closeSync(openSync(path, 'a', FILE_MODE));
};
