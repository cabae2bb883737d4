import { readFileSync } from 'node:fs';
import { type ClientConfig, type CustomTypesConfig, types as pgTypes } from 'pg';
import type { PostgresAddress, PostgresHost, PostgresTls } from '../../core/store-setting.ts';
import { StoreError } from '../query/store-error.ts';

/** Counts and times are far below 2^53; `pg` returns these types as text by default. */
const NUMBERS: readonly number[] = [pgTypes.builtins.INT8, pgTypes.builtins.NUMERIC];
const types: CustomTypesConfig = {
  getTypeParser: (id, format) =>
    NUMBERS.includes(id) ? Number : pgTypes.getTypeParser(id, format),
};

/** A reachable server answers in milliseconds. A longer wait would delay the 503 to webhooks. */
export const CONNECT_WITHIN_MS = 4_000;
/**
 * How long to wait for a server that has stopped sending: most senders of webhooks wait 10 s. The server's own limit
 * (`STATEMENT_MS`) is shorter.
 */
export const ANSWER_WITHIN_MS = 8_000;

const readPem = (path: string | null, what: string): string | undefined => {
  if (path === null) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreError('refused', `the store's ${what} cannot be read: ${reason}`, error);
  }
};

const tlsOptions = (tls: PostgresTls): ClientConfig['ssl'] => {
  if (tls.mode === 'off') return false;
  const ca = readPem(tls.ca, 'sslrootcert');
  const cert = readPem(tls.cert, 'sslcert');
  const key = readPem(tls.key, 'sslkey');
  return {
    rejectUnauthorized: tls.mode !== 'encrypt',
    ...(tls.mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
};

/**
 * The client options for one of an address's hosts. Every option is set, so `pg` takes nothing from the environment.
 * Session settings are not used, because a pooler in transaction mode refuses or forgets them.
 *
 * @throws {StoreError} if a certificate cannot be read
 */
export const clientOptions = (
  address: PostgresAddress,
  { host, port }: PostgresHost,
): ClientConfig => ({
  host,
  port,
  user: address.user,
  // A function, because an empty text would make `pg` search for another password.
  password: () => address.password?.reveal() ?? '',
  database: address.database,
  ssl: host.startsWith('/') ? false : tlsOptions(address.tls),
  application_name: 'cd-helper',
  keepAlive: true,
  connectionTimeoutMillis: CONNECT_WITHIN_MS,
  query_timeout: ANSWER_WITHIN_MS,
  types,
});
