/** The store could not be opened. The message says why and what to do, for the person who starts the helper. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code:
    | 'in-use'
    | 'not-writable'
    | 'full'
    | 'newer'
    | 'damaged'
    | 'refused'
    | 'missing'
    | 'no-store'
    | 'not-empty'
    | 'not-copied';

  constructor(code: StoreError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/** What to do about a store that cannot be written, by the code of Node or SQLite. */
const adviceOn = (code: string): string => {
  if (code === 'EROFS' || code.startsWith('SQLITE_READONLY')) {
    return 'check that its file system is not mounted read-only, and that file and folder belong to the user that the helper runs as';
  }
  if (code === 'ENOENT') return 'no folder can be created there: choose a place on a disk';
  if (code === 'EEXIST') return 'a broken link is in the way: fix or remove it';
  return 'check that its folder is on a disk and belongs to the user that the helper runs as';
};

/** Converts any error while opening the store at `path` into a message for a person. */
export const explain = (error: unknown, path: string): StoreError => {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  if (code.startsWith('SQLITE_BUSY')) {
    return new StoreError(
      'in-use',
      `the store ${path} is in use by another process: only one helper may run on it`,
      error,
    );
  }
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB') {
    return new StoreError(
      'damaged',
      `the store ${path} is damaged or not an SQLite file (${reason})`,
      error,
    );
  }
  if (code === 'SQLITE_FULL') {
    return new StoreError('full', `the disk of the store ${path} is full: make room`, error);
  }
  return new StoreError(
    'not-writable',
    `the store ${path} cannot be opened for writing (${reason}); ${adviceOn(code)}`,
    error,
  );
};
