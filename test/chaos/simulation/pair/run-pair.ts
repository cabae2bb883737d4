import { openPostgresStore } from '../../../../src/store/postgres/open-store.ts';
import type { Postgres } from '../../../../sandbox/postgres/postgres.ts';
import { postgresSetting } from '../../../support/store/postgres-setting.ts';
import { seededBytes } from '../../seeded.ts';
import { createChances } from '../chances.ts';
import { type Outcome, play } from '../run-scenario.ts';
import { PAIR_ACTS } from './pair-acts.ts';
import { openPairWorld } from './pair-world.ts';

const TEMPLATE = 'pair_template';

export type PairRunner = { readonly run: (seed: number) => Promise<Outcome> };

/** Runs scenarios with two helpers, each in a database of its own on this server. */
export const createPairRunner = async (postgres: Postgres): Promise<PairRunner> => {
  const { name, url } = await postgres.createDatabase();
  await (await openPostgresStore(postgresSetting(url, 'cd_helper'))).close();
  await postgres.primary.sql(`alter database ${name} rename to ${TEMPLATE}`);
  return {
    run: async (seed) => {
      const database = `pair_${seed}`;
      await postgres.primary.sql(
        `create database ${database} template ${TEMPLATE} strategy file_copy`,
      );
      const address = new URL(url);
      address.pathname = `/${database}`;
      const chances = createChances(seed);
      try {
        const world = await openPairWorld(chances, seededBytes(seed), address.href);
        return await play(world, PAIR_ACTS);
      } finally {
        await postgres.primary.sql(`drop database ${database} with (force)`);
      }
    },
  };
};
