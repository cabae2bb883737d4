import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ActRefused } from '../core/contract/act-refused.ts';
import type { ServerDeps } from '../http/ports/ports.ts';
import { backUp } from '../store/copy/back-up.ts';
import type { Store } from '../store/sqlite/open-store.ts';

type Parts = {
  readonly store: Store;
  /** The store's own file, next to which another fits; null for a database elsewhere. */
  readonly path: string | null;
  /** Records the backup in the audit. */
  readonly record: (
    by: { readonly actor: string; readonly address: string },
    detail: Readonly<Record<string, unknown>>,
  ) => Promise<void>;
  readonly now: () => number;
};

/** Backups of this helper's store, one at a time. The file is deleted after it was sent, or if sending failed. */
export const createBackups = (parts: Parts): NonNullable<ServerDeps['backUp']> => {
  let isRunning = false;
  return async ({ actor, address }) => {
    if (isRunning) {
      throw new ActRefused(
        'conflict',
        'another backup is in progress: try again when it has finished',
      );
    }
    isRunning = true;
    try {
      const at = new Date(parts.now()).toISOString();
      const { file, remove } = await placeFor(parts.path);
      try {
        await backUp(parts.store, file);
        const handle = await open(file);
        const { size: bytes } = await handle.stat();
        await parts.record({ actor, address }, { bytes });
        // From here on it is read through its handle.
        return { content: handle.createReadStream(), bytes, at };
      } finally {
        await remove();
      }
    } finally {
      isRunning = false;
    }
  };
};

/** A path for the file. A file that a crash left there is deleted. */
const placeFor = async (
  path: string | null,
): Promise<{ readonly file: string; readonly remove: () => Promise<void> }> => {
  const folder = path === null ? await mkdtemp(join(tmpdir(), 'cd-helper-backup-')) : null;
  const file = folder === null ? `${path}.backup` : join(folder, 'backup.db');
  const remove = (): Promise<void> => rm(folder ?? file, { recursive: true, force: true });
  if (folder === null) await remove();
  return { file, remove };
};
