import { sql } from 'kysely';
import type { Query } from '../sqlite/open-store.ts';

/** Tables in which the database numbers the rows, in the column `id`. */
export const NUMBERED: readonly string[] = ['pushes', 'checks', 'look_work', 'deployment_steps'];

/**
 * For a transaction that fills an empty store: disables events for its rows, and the limit on pauses between
 * statements. Requires the owner of the tables.
 */
export const beginFilling = async (query: Query, tables: readonly string[]): Promise<void> => {
  await sql`set local statement_timeout = 0`.execute(query);
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(query);
  for (const name of tables) {
    await sql`alter table ${sql.table(name)} disable trigger user`.execute(query);
  }
};

/** Enables events again, and makes new ids follow the filled-in ones. */
export const endFilling = async (query: Query, tables: readonly string[]): Promise<void> => {
  for (const name of tables) {
    await sql`alter table ${sql.table(name)} enable trigger user`.execute(query);
  }
  for (const name of NUMBERED) {
    // Its full name, whichever schema contains it.
    await sql`select setval(pg_get_serial_sequence(min(tableoid::regclass::text), 'id'), max(id))
      from ${sql.table(name)} having max(id) is not null`.execute(query);
  }
};
