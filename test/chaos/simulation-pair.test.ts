import { describe, expect, test } from 'vitest';
import { QUICK } from '../support/store/template.ts';
import { usePostgres } from '../support/store/use-postgres.ts';
import { createPairRunner, type PairRunner } from './simulation/pair/run-pair.ts';
import { parseSeeds } from './simulation/seeds.ts';

/** In the form that `parseSeeds` reads. The default seeds always run. */
const SEEDS = parseSeeds(process.env['PAIR_SEEDS'] ?? '1..6');
const COMMAND = 'node test/chaos/simulation/pair/main.ts';
/** A scenario takes two seconds, and much longer on a busy machine. */
const SCENARIO_WITHIN_MS = 120_000;

describe('two helpers on one database, which die, stand still and are cut off as a seed decides', () => {
  const postgres = usePostgres({ settings: QUICK });
  let runner: PairRunner | null = null;
  const run = async (seed: number) => {
    runner ??= await createPairRunner(postgres.server);
    return runner.run(seed);
  };

  for (const seed of SEEDS) {
    test(
      `scenario ${seed}`,
      async () => {
        const { broken, story } = await run(seed);
        expect(broken, `${story.join('\n')}\n\nonly this again: ${COMMAND} ${seed}\n`).toEqual([]);
      },
      SCENARIO_WITHIN_MS,
    );
  }

  test(
    'a seed is the same scenario to the letter, whatever ran before it',
    async () => {
      const { story } = await run(1);
      await run(2);
      expect((await run(1)).story).toEqual(story);
    },
    3 * SCENARIO_WITHIN_MS,
  );
});
