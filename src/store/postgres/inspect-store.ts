import type { ClientBase } from 'pg';
import {
  type PostgresAddress,
  type PostgresSetting,
  showAddress,
} from '../../core/store-setting.ts';
import { StoreError } from '../query/store-error.ts';
import { type FailureKind, StoreFailure } from '../../core/store-failure.ts';
import { readServerVersion, readVersion, requireReadable, requireServer } from './migrate.ts';
import { MIGRATIONS } from './migrations.ts';
import { connectToWriter } from './writer-pool.ts';

/** Facts about a store, for people. */
export type Inspection =
  | { readonly ok: true; readonly detail: string }
  | { readonly ok: false; readonly why: string };

const ADVICE: Readonly<Record<FailureKind, string>> = {
  unreachable: 'check the host, the port and sslmode, and that it is running',
  refused: 'check the user, password and database, and pg_hba.conf',
  exhausted: 'raise its max_connections, or lower poolSize',
  slow: 'it takes too long to answer: check its load',
  'read-only':
    'name the server that takes writes, or all of them: postgres://user@one,two/database',
  full: 'make room on its disk',
};

const withConnection = async <T>(
  address: PostgresAddress,
  work: (client: ClientBase) => Promise<T>,
): Promise<T> => {
  const client = await connectToWriter(address);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
};

const ask = async (
  client: ClientBase,
  text: string,
  values: readonly string[],
): Promise<boolean> => {
  const { rows } = await client.query(`select ${text} as yes`, [...values]);
  return (rows[0] as { yes: boolean | null }).yes === true;
};

const refuse = (why: string): never => {
  throw new StoreError('refused', why);
};

/** Whether the role may create what is missing. */
const requireMigration = async (
  client: ClientBase,
  schema: string,
  user: string,
): Promise<void> => {
  const isThere = await ask(client, 'to_regnamespace($1) is not null', [schema]);
  const mayMake = isThere
    ? await ask(client, `has_schema_privilege($1, 'create')`, [schema])
    : await ask(client, `has_database_privilege(current_database(), 'create') or $1 = ''`, [
        schema,
      ]);
  if (mayMake) return;
  const what = isThere ? `make tables in the schema ${schema}` : `create the schema ${schema}`;
  refuse(
    `${user} may not ${what}: grant it the right, or set store.migrateUrl to a role that has it`,
  );
};

const RIGHTS = ['select', 'insert', 'update', 'delete'];

const requireRights = async (client: ClientBase, schema: string, user: string): Promise<void> => {
  const lacks = `not exists (select from pg_class
    where relnamespace = to_regnamespace($1) and relkind = 'r' and relname <> 'schema_version'
      and not (${RIGHTS.map((right) => `has_table_privilege(oid, '${right}')`).join(' and ')}))`;
  if (await ask(client, lacks, [schema])) return;
  refuse(
    `${user} may not read and write all tables of the schema ${schema}: grant ${RIGHTS.join(', ')} on all tables in schema ${schema} to ${user}`,
  );
};

/** The other addresses must lead to the same server, although on another path. */
const requireSame = async (client: ClientBase, place: string, key: string): Promise<void> => {
  if ((await placeOf(client)) === place) return;
  refuse(`store.${key} leads to another database than store.url`);
};

const placeOf = async (client: ClientBase): Promise<string> => {
  const { rows } = await client.query(
    'select concat(current_database(), pg_postmaster_start_time()) as place',
  );
  return (rows[0] as { place: string }).place;
};

const inspect = async (setting: PostgresSetting): Promise<string> => {
  const { address, schema, migrate, listen } = setting;
  const { server, found, place } = await withConnection(address, async (client) => {
    const version = await readServerVersion(client);
    requireServer(version);
    const made = await readVersion(client, schema);
    requireReadable(made);
    if (made.version > 0) await requireRights(client, schema, address.user);
    return { server: version, found: made.version, place: await placeOf(client) };
  });
  const owner = migrate ?? address;
  if (migrate !== null || found < MIGRATIONS.length) {
    await withConnection(owner, async (client) => {
      await requireSame(client, place, 'migrateUrl');
      if (found < MIGRATIONS.length) await requireMigration(client, schema, owner.user);
    });
  }
  if (listen !== null) {
    await withConnection(listen, (client) => requireSame(client, place, 'listenUrl'));
  }
  const tables =
    found === 0
      ? `the schema ${schema} is made when the helper starts`
      : found < MIGRATIONS.length
        ? `the tables of the schema ${schema} are brought up to date when the helper starts`
        : `schema ${schema}`;
  return `${showAddress(address)}: PostgreSQL ${server}, ${tables}`;
};

/** Connects to every address of a store and checks version and rights. Changes nothing. */
export const inspectPostgresStore = async (setting: PostgresSetting): Promise<Inspection> => {
  try {
    return { ok: true, detail: await inspect(setting) };
  } catch (error) {
    if (error instanceof StoreFailure) {
      return { ok: false, why: `${error.message}; ${ADVICE[error.kind]}` };
    }
    if (error instanceof StoreError) return { ok: false, why: error.message };
    throw error;
  }
};
