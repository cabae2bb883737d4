import { statSync } from 'node:fs';

/** The files of the open store are no longer at its path. Everything written now is lost when the process ends. */
export class StoreLost extends Error {
  override readonly name = 'StoreLost';
  readonly code: 'files-deleted' | 'files-replaced';
  readonly retryable = true;

  constructor(code: StoreLost['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** @throws {StoreLost} if a file of the open store was deleted or replaced */
export type CheckFiles = () => void;

type Found = { readonly dev: bigint; readonly ino: bigint };

const find = (file: string): Found | null => {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? null : { dev: stat.dev, ino: stat.ino };
};

/**
 * Remembers the files of the open store at `path`: the database and its write-ahead log. An inode is not reused while
 * its file is open, so the same number means the same file.
 */
export const rememberFiles = (path: string): CheckFiles => {
  const files = [path, `${path}-wal`].map((file) => ({ file, opened: find(file) }));
  return () => {
    for (const { file, opened } of files) {
      let found: Found | null;
      try {
        found = find(file);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new StoreLost('files-deleted', `${file} can no longer be found: ${reason}`);
      }
      if (found === null) {
        const advice = 'put it back if you can, or restart the helper with an empty store';
        throw new StoreLost('files-deleted', `${file} was deleted or moved: ${advice}`);
      }
      if (found.dev !== opened?.dev || found.ino !== opened.ino) {
        const advice = 'restart the helper to use the new file, or put the old one back';
        throw new StoreLost('files-replaced', `${file} was replaced by another file: ${advice}`);
      }
    }
  };
};
