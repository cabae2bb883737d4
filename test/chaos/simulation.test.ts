import { describe, expect, test } from 'vitest';
import { runScenario } from './simulation/run-scenario.ts';
import { isOnPostgres } from '../support/store/open-test-store.ts';
import { parseSeeds } from './simulation/seeds.ts';

/** In the form that `parseSeeds` reads. The default seeds always run. */
const ASKED = process.env['SIMULATION_SEEDS'] ?? '37,67..113,1080,1127,1518';
const SEEDS = parseSeeds(ASKED);
const COMMAND = 'npx vitest run --project integration test/chaos/simulation.test.ts';
/** A scenario takes a third of a second, on PostgreSQL two seconds, and many times as long on a busy machine. */
const SCENARIO_WITHIN_MS = isOnPostgres ? 300_000 : 60_000;

/**
 * These scenarios fail, as they should, if for example an ended deployment gets another step, a deployment is postponed
 * to a fraction of a millisecond, an update is sent although its tag was seen to go back, or nobody follows an update
 * whose deployment was replaced by one that is then skipped.
 */
describe('hooks, people, faults and deaths of the process in an order that a seed decides', () => {
  for (const seed of SEEDS) {
    test(
      `scenario ${seed}`,
      async () => {
        const { broken, story } = await runScenario(seed);
        const again = `SIMULATION_SEEDS=${seed} ${COMMAND}`;
        expect(broken, `${story.join('\n')}\n\nonly this again: ${again}\n`).toEqual([]);
      },
      SCENARIO_WITHIN_MS,
    );
  }
});

// A server answers at its own speed.
test.skipIf(isOnPostgres)(
  'a seed is the same scenario to the letter, whatever ran before it',
  async () => {
    const { story } = await runScenario(69);
    await runScenario(67);
    expect((await runScenario(69)).story).toEqual(story);
  },
  3 * SCENARIO_WITHIN_MS,
);
