import { existsSync, rmSync } from 'node:fs';
import type { ConfigCheck } from '../cli/cli-deps.ts';
import { createConfigChecks } from '../cli/config-checks.ts';
import type { Config } from '../config/config.ts';
import { silentLog } from '../core/log.ts';
import { openStore } from '../store/open-store.ts';
import { StoreError } from '../store/store-error.ts';
import { connect, connectRegistries } from './connect.ts';

/** What `cd-helper check-config` tries of a configuration. */
export const configChecks = (config: Config): readonly ConfigCheck[] => {
  const registries = connectRegistries(config, silentLog);
  return createConfigChecks(config, {
    connect,
    probeRegistry: registries.probe,
    tryStore: async () => {
      const isThere = existsSync(config.store);
      try {
        const store = openStore(config.store);
        // A check leaves nothing behind; while it is open nobody else has it.
        if (!isThere) {
          for (const file of [config.store, `${config.store}-wal`]) rmSync(file, { force: true });
        }
        await store.close();
        return 'free';
      } catch (error) {
        if (error instanceof StoreError && error.code === 'in-use') return 'in-use';
        throw error;
      }
    },
  });
};
