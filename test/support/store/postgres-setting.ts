import { parsePostgresUrl } from '../../../src/config/schema/postgres-url.ts';
import type { PostgresSetting } from '../../../src/core/store-setting.ts';

/** The settings of a store from an address. */
export const postgresSetting = (url: string, schema: string): PostgresSetting => {
  const parsed = parsePostgresUrl(url);
  if (!parsed.ok) throw new Error(`not an address: ${parsed.expected}`);
  const { address } = parsed.url;
  return { kind: 'postgres', address, listen: null, migrate: null, poolSize: 10, schema };
};
