import { describe, expect, test } from 'vitest';
import { runScenario } from './simulation/run-scenario.ts';
import { isOnPostgres } from '../support/test-store/open-test-store.ts';
import { parseSeeds } from './simulation/seeds.ts';

/** As `parseSeeds` reads them. Those that always run. */
const ASKED = process.env['SIMULATION_SEEDS'] ?? '37,67..113,1080,1127,1518';
const SEEDS = parseSeeds(ASKED);
const COMMAND = 'npx vitest run --project integration test/chaos/simulation.test.ts';
/** A scenario takes a third of a second, and some of these where the machine is busy elsewhere. */
const SCENARIO_WITHIN_MS = 60_000;

/**
 * Seen to fail where, for one, a deployment that has its end is told more of, a deployment is put off to a part
 * of a millisecond, an update is sent although its tag was seen to go back, or nobody follows one whose place
 * was taken by what is then skipped.
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

// A server answers when it does.
test.skipIf(isOnPostgres)(
  'a seed is the same scenario to the letter, whatever ran before it',
  async () => {
    const { story } = await runScenario(69);
    await runScenario(67);
    expect((await runScenario(69)).story).toEqual(story);
  },
  3 * SCENARIO_WITHIN_MS,
);
