import { describe, expect, test } from 'vitest';
import { usePostgres } from '../../support/store/use-postgres.ts';
import type { Fault } from './faults.ts';
import { runRound } from './round.ts';

/** Seeds whose pushes all name their digest, so that a round ends quickly. */
const ROUNDS: readonly (readonly [Fault, number])[] = [
  ['kill', 1],
  ['stop', 2],
  ['pause', 4],
  ['cut', 5],
];

/** A round takes about a minute, and several times as long on a busy machine. */
const ROUND_WITHIN_MS = 420_000;

/**
 * The pause fails, as it should, if the fence lets every transaction pass, `mayAct` always agrees, and the loss of a
 * lease stops nobody. For a longer run: `ROUNDS=100 node test/chaos/instances/main.ts`.
 */
describe('three helpers on one PostgreSQL', () => {
  const postgres = usePostgres({ settings: { fsync: 'off' } });

  test.concurrent.for(ROUNDS)(
    'lose nothing and update nothing twice: %s (seed %s)',
    { timeout: ROUND_WITHIN_MS },
    async ([fault, seed]) => {
      const round = await runRound(postgres.server, { fault, seed });
      const { accepted, updates, takenOverMs, resumedMs } = round;
      process.stderr.write(
        `${fault}: ${accepted} accepted, ${updates} updates, taken over in ${Math.round(takenOverMs)} ms, resumed in ${Math.round(resumedMs)} ms\n`,
      );
      expect(round.broken, round.story.join('\n')).toEqual([]);
    },
  );
});
