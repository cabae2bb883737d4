import { createHash } from 'node:crypto';
import type { Outcome } from './run-scenario.ts';
import { parseSeeds } from './seeds.ts';

/**
 * Runs the scenarios of the seeds in the command line. One line per scenario: its seed, a hash of its story, and the
 * laws that it broke. Returns the exit status.
 */
export const tellScenarios = async (
  file: string,
  run: (seed: number) => Promise<Outcome>,
): Promise<number> => {
  const seeds = parseSeeds(process.argv.slice(2).join(','));
  if (seeds.length === 0 || seeds.some((seed) => !Number.isInteger(seed))) {
    process.stderr.write(`usage: node ${file} SEED|FIRST..LAST …\n`);
    return 2;
  }
  let failed = 0;
  for (const seed of seeds) {
    const { broken, story } = await run(seed);
    const sum = createHash('sha256').update(story.join('\n')).digest('hex').slice(0, 16);
    if (broken.length > 0) failed += 1;
    process.stdout.write(`${seed} ${sum}${broken.map((line) => `\n  BROKEN ${line}`).join('')}\n`);
    if (seeds.length === 1 && broken.length > 0) process.stdout.write(`${story.join('\n')}\n`);
  }
  process.stdout.write(`${seeds.length} scenarios, ${failed} broke a law\n`);
  return failed === 0 ? 0 : 1;
};
