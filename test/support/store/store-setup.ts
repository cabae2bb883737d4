import { startPostgres } from '../../../sandbox/postgres/postgres.ts';
import { openPostgresStore } from '../../../src/store/postgres/open-store.ts';
import { postgresSetting } from './postgres-setting.ts';
import { QUICK, TEMPLATE, TEMPLATE_SCHEMA } from './template.ts';

const VARIABLE = 'CD_HELPER_TEST_STORE';

/**
 * With `CD_HELPER_TEST_STORE=postgres`, starts a PostgreSQL server for all files of the run, with a template for
 * `openTestStore`. The variable then contains its address. Returns a function that stops the server.
 */
export const setup = async (): Promise<(() => Promise<void>) | undefined> => {
  // Another project of the same run may have started it already.
  if (process.env[VARIABLE] !== 'postgres') return undefined;
  const postgres = await startPostgres({ settings: QUICK });
  try {
    const database = await postgres.createDatabase();
    await (await openPostgresStore(postgresSetting(database.url, TEMPLATE_SCHEMA))).close();
    await postgres.primary.sql(`alter database ${database.name} rename to ${TEMPLATE}`);
    const url = new URL(database.url);
    url.pathname = `/${TEMPLATE}`;
    process.env[VARIABLE] = url.href;
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  return async () => {
    process.env[VARIABLE] = 'postgres';
    await postgres.stop();
  };
};
