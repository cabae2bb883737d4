import { type ClientBase, escapeIdentifier } from 'pg';
import type { PostgresSetting } from '../../core/store-setting.ts';
import { StoreError } from '../query/store-error.ts';
import { StoreFailure } from '../../core/store-failure.ts';
import { MIGRATIONS, READABLE_FROM } from './migrations.ts';
import { connectToWriter } from './writer-pool.ts';

/** Older servers get no more fixes, and are not tested. */
export const OLDEST_SERVER = 15;

export type StoreVersion = { readonly version: number; readonly readableFrom: number };

/** The version of a schema; 0 and 0 if it is still empty. */
export const readVersion = async (client: ClientBase, schema: string): Promise<StoreVersion> => {
  const table = `${escapeIdentifier(schema)}.schema_version`;
  const { rows: found } = await client.query('select to_regclass($1) is not null as is_there', [
    table,
  ]);
  if (!(found[0] as { is_there: boolean }).is_there) return { version: 0, readableFrom: 0 };
  const { rows } = await client.query(
    `select version, readable_from as "readableFrom" from ${table}`,
  );
  return (rows[0] as StoreVersion | undefined) ?? { version: 0, readableFrom: 0 };
};

/** The server's major version: 15, 17. */
export const readServerVersion = async (client: ClientBase): Promise<number> => {
  const { rows } = await client.query(
    `select current_setting('server_version_num')::int as number`,
  );
  return Math.floor((rows[0] as { number: number }).number / 10_000);
};

export const requireServer = (version: number): void => {
  if (version >= OLDEST_SERVER) return;
  const text = `the store's PostgreSQL is version ${version}: the helper needs ${OLDEST_SERVER} or newer`;
  throw new StoreError('refused', text);
};

/** @throws {StoreError} `newer` if a newer version that this one cannot read wrote it */
export const requireReadable = ({ version, readableFrom }: StoreVersion): void => {
  if (version <= MIGRATIONS.length || readableFrom <= MIGRATIONS.length) return;
  throw new StoreError(
    'newer',
    'the store was written by a newer version, and this one cannot read it; start that version, or another store',
  );
};

/**
 * Runs the missing migrations in one transaction under a lock, so only one of several starting instances does it.
 * Returns whether the schema was empty. Connects as `migrate`, if that is set, and only if something is missing; then
 * grants the store's role access to the new tables.
 *
 * @throws {StoreError} if the server or the store has a version that this one cannot use, or a right is missing
 */
export const migrate = async (setting: PostgresSetting): Promise<boolean> => {
  const worker = await connectToWriter(setting.address);
  let workerRole: string;
  try {
    requireServer(await readServerVersion(worker));
    const found = await readVersion(worker, setting.schema).catch(explainRights(setting));
    requireReadable(found);
    if (found.version >= MIGRATIONS.length) return false;
    workerRole = await readRole(worker);
  } finally {
    await worker.end();
  }
  const owner = await connectToWriter(setting.migrate ?? setting.address);
  try {
    return await migrateAs(owner, setting, workerRole);
  } finally {
    await owner.end();
  }
};

const readRole = async (client: ClientBase): Promise<string> => {
  const { rows } = await client.query('select current_user as role');
  return (rows[0] as { role: string }).role;
};

const migrateAs = async (
  client: ClientBase,
  setting: PostgresSetting,
  workerRole: string,
): Promise<boolean> => {
  const { schema } = setting;
  const name = escapeIdentifier(schema);
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `cd-helper migrations ${schema}`,
    ]);
    const found = await readVersion(client, schema);
    requireReadable(found);
    // Not `if not exists`, which needs the right to create a schema even if it exists.
    const { rows } = await client.query('select 1 from pg_namespace where nspname = $1', [schema]);
    if (rows.length === 0) await client.query(`create schema ${name}`);
    await client.query(`set local search_path to ${name}`);
    await client.query(
      'create table if not exists schema_version (version bigint not null, readable_from bigint not null)',
    );
    for (const migration of MIGRATIONS.slice(found.version)) await client.query(migration);
    if (found.version < MIGRATIONS.length) {
      await client.query('delete from schema_version');
      await client.query('insert into schema_version values ($1, $2)', [
        MIGRATIONS.length,
        READABLE_FROM,
      ]);
      if ((await readRole(client)) !== workerRole) await letWork(client, schema, workerRole);
    }
    await client.query('commit');
    return found.version === 0;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    return explainRights(setting)(error);
  }
};

/** Grants access if the tables belong to another role than the one that works on them. */
const letWork = async (client: ClientBase, schema: string, role: string): Promise<void> => {
  const [place, to] = [escapeIdentifier(schema), escapeIdentifier(role)];
  await client.query(`grant usage on schema ${place} to ${to}`);
  await client.query(
    `grant select, insert, update, delete on all tables in schema ${place} to ${to}`,
  );
};

const LACKS_RIGHT = '42501';

const explainRights =
  ({ schema, migrate: owner, address }: PostgresSetting) =>
  (error: unknown): never => {
    const cause = error instanceof StoreFailure ? error.cause : error;
    if (!(cause instanceof Error && 'code' in cause && cause.code === LACKS_RIGHT)) throw error;
    const { user } = owner ?? address;
    const advice =
      owner === null
        ? `let ${user} create the schema ${schema}, or set store.migrateUrl to a role that may`
        : `let ${user}, the user of store.migrateUrl, create the schema ${schema} and its tables`;
    throw new StoreError(
      'refused',
      `the store's tables cannot be made or changed (${cause.message}): ${advice}`,
      error,
    );
  };
