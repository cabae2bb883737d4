import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreTools } from '../cli/terminal/cli-deps.ts';
import { CliFailure, wrongUse } from '../cli/terminal/exit-status.ts';
import { parseStore } from '../config/schema/store-schema.ts';
import { showStore, type StoreSetting } from '../core/store-setting.ts';
import { copyStore, restoreStore } from '../store/copy/copy-store.ts';
import { openConfiguredStore } from '../store/open/open-configured-store.ts';
import { StoreError } from '../store/query/store-error.ts';
import { StoreFailure } from '../core/store-failure.ts';
import type { Store } from '../store/sqlite/open-store.ts';
import { type ReadStore, readStoreFile } from '../store/sqlite/read-file.ts';
import { systemClock } from '../work/loop/system-clock.ts';

/** `cd-helper restore`. */
export const restore: StoreTools['restore'] = (config, file, options) =>
  forPerson(() =>
    reading({ kind: 'sqlite', path: file }, (backup) =>
      filling(config.store, async (store) => {
        const now = systemClock.now();
        const { copied, ended } = await restoreStore(backup.db, store.db, { ...options, now });
        return { store: showStore(config.store), ...copied, ended };
      }),
    ),
  );

/** `cd-helper store copy`. */
export const copy: StoreTools['copy'] = (config, to, options) =>
  forPerson(() => {
    const target = parseStore(to);
    if (!target.ok) throw wrongUse(`the target is not a store: expected ${target.expected}`);
    return reading(config.store, (from) =>
      filling(target.setting, async (store) => ({
        from: showStore(config.store),
        to: showStore(target.setting),
        ...(await copyStore(from.db, store.db, options)),
      })),
    );
  });

/** Opens a store read-only. Converting the file of an earlier version needs a folder for a copy. */
const reading = async <T>(
  setting: StoreSetting,
  use: (store: ReadStore) => Promise<T>,
): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'cd-helper-read-'));
  try {
    const store = await openToRead(setting, join(folder, 'store.db'));
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const openToRead = async (setting: StoreSetting, temporary: string): Promise<ReadStore> => {
  if (setting.kind === 'sqlite') return readStoreFile(setting.path, temporary);
  const { readPostgresStore } = await import('../store/postgres/read-store.ts');
  return readPostgresStore(setting);
};

/** Opens the store to fill. A file that was created for it is deleted if that fails. */
const filling = async <T>(setting: StoreSetting, use: (store: Store) => Promise<T>): Promise<T> => {
  if (setting.kind === 'postgres') {
    // Creates the tables, and grants the helper's own role access to them.
    await (await openConfiguredStore(setting)).close();
    // Only the owner of the tables may disable the triggers that would report every row as an event.
    const address = setting.migrate ?? setting.address;
    const store = await openConfiguredStore({ ...setting, address });
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  }
  const { path } = setting;
  const wasThere = existsSync(path);
  const store = await openConfiguredStore(setting);
  let isFilled = false;
  try {
    const result = await use(store);
    isFilled = true;
    return result;
  } finally {
    await store.close();
    if (!isFilled && !wasThere) {
      for (const file of [path, `${path}-wal`]) rmSync(file, { force: true });
    }
  }
};

/** Turns an error into a sentence for the person who ran the command. */
const forPerson = async <T>(act: () => Promise<T>): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    if (error instanceof StoreFailure) {
      const hint = 'nothing was changed: start it again once the database works';
      throw new CliFailure(error.message, { cause: error, hint, mayPass: true });
    }
    if (!(error instanceof StoreError)) throw error;
    const hint = error.code === 'in-use' ? { hint: 'stop the helper first' } : {};
    throw new CliFailure(error.message, { cause: error, ...hint });
  }
};
