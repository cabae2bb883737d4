import { startPostgres } from '../../../../sandbox/postgres/postgres.ts';
import { QUICK } from '../../../support/store/template.ts';
import { tellScenarios } from '../tell-scenarios.ts';
import { createPairRunner } from './run-pair.ts';

/** Scenarios with two helpers on a PostgreSQL server of their own. */
const postgres = await startPostgres({ settings: QUICK });
try {
  const { run } = await createPairRunner(postgres);
  process.exitCode = await tellScenarios('test/chaos/simulation/pair/main.ts', run);
} finally {
  await postgres.stop();
}
