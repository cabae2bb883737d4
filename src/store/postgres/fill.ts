import { sql } from 'kysely';
import type { Query } from '../sqlite/open-store.ts';

/** Tables whose rows the database numbers, in the column `id`. */
export const NUMBERED: readonly string[] = ['pushes', 'checks', 'look_work', 'deployment_steps'];

/**
 * In a transaction that fills an empty store: tells no events of its rows, and lets it think between two statements
 * for as long as it wants. Needs the owner of the tables.
 */
export const beginFilling = async (query: Query, tables: readonly string[]): Promise<void> => {
  await sql`set local statement_timeout = 0`.execute(query);
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(query);
  for (const name of tables) {
    await sql`alter table ${sql.table(name)} disable trigger user`.execute(query);
  }
};

/** What comes from now on is told again, and gets ids after those that were filled in. */
export const endFilling = async (query: Query, tables: readonly string[]): Promise<void> => {
  for (const name of tables) {
    await sql`alter table ${sql.table(name)} enable trigger user`.execute(query);
  }
  for (const name of NUMBERED) {
    // Its full name, whatever schema it is in.
    await sql`select setval(pg_get_serial_sequence(min(tableoid::regclass::text), 'id'), max(id))
      from ${sql.table(name)} having max(id) is not null`.execute(query);
  }
};
