import type { StoreSetting } from '../../core/store-setting.ts';
import { openStore, type Store } from '../sqlite/open-store.ts';

/**
 * Opens the store that the configuration names. The PostgreSQL code is loaded only if it is needed.
 *
 * @throws {StoreError}
 */
export const openConfiguredStore = async (setting: StoreSetting): Promise<Store> => {
  if (setting.kind === 'sqlite') return openStore(setting.path);
  const { openPostgresStore } = await import('../postgres/open-store.ts');
  return openPostgresStore(setting);
};
