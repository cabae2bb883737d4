import { afterAll, beforeAll } from 'vitest';
import { NoRealEngine } from '../../../sandbox/machine/packages.ts';
import {
  type Postgres,
  type PostgresOptions,
  startPostgres,
} from '../../../sandbox/postgres/postgres.ts';

/** A server for the tests of a file. Skipped if this machine cannot have one, except in CI. */
export const usePostgres = (options: PostgresOptions = {}): { readonly server: Postgres } => {
  let postgres: Postgres | undefined;
  beforeAll(async () => {
    try {
      postgres = await startPostgres(options);
    } catch (error) {
      if (!(error instanceof NoRealEngine) || process.env['CI'] !== undefined) throw error;
    }
  });
  afterAll(() => postgres?.stop());
  return {
    get server() {
      if (postgres === undefined) throw new Error('there is no PostgreSQL');
      return postgres;
    },
  };
};
