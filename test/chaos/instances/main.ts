import { startPostgres } from '../../../sandbox/postgres/postgres.ts';
import { FAULTS, runRound } from './round.ts';

/** `ROUNDS=100 SEED=1 SWARMPIT=on node test/chaos/instances/main.ts`: one line per round. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 4);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const behindSwarmpit = process.env['SWARMPIT'] === 'on';

const postgres = await startPostgres({ settings: { fsync: 'off' } });
let failed = 0;
try {
  for (let seed = SEED; seed < SEED + ROUNDS; seed += 1) {
    const fault = FAULTS[seed % FAULTS.length] ?? 'kill';
    const { broken, ...round } = await runRound(postgres, { fault, seed, behindSwarmpit });
    if (broken.length > 0) failed += 1;
    const times = `taken over in ${Math.round(round.takenOverMs)} ms, resumed in ${Math.round(round.resumedMs)} ms`;
    process.stdout.write(
      `${seed} ${fault}: ${round.accepted} accepted, ${round.updates} updates, ${times}\n`,
    );
    for (const line of broken) process.stdout.write(`  BROKEN ${line}\n`);
    if (broken.length > 0) process.stdout.write(`${round.story.join('\n')}\n`);
  }
} finally {
  await postgres.stop();
}
process.stdout.write(`${ROUNDS} rounds, ${failed} broke a rule\n`);
process.exit(failed === 0 ? 0 : 1);
