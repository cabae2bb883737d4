import { SANDBOX_NETWORK } from '../../../sandbox/machine/network.ts';
import { startPostgres } from '../../../sandbox/postgres/postgres.ts';
import { FAULTS } from './faults.ts';
import { type Round, runRound } from './round.ts';

/*
 * `ROUNDS=100 SEED=1 node test/chaos/instances/main.ts`: one line per round, and the times at the end. With
 * `SWARMPIT=on`, the helpers use Swarmpit. With `ENGINE=real`, the engine, the registry and the networks are real, which
 * needs root on Linux.
 */
const ROUNDS = Number(process.env['ROUNDS'] ?? 4);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const behindSwarmpit = process.env['SWARMPIT'] === 'on';
const isReal = process.env['ENGINE'] === 'real';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)));
const { signal } = interrupted;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
const times = (all: readonly number[]): string =>
  `p50 ${Math.round(median(all))} ms, max ${Math.round(Math.max(...all))} ms`;

const postgres = await startPostgres({
  settings: { fsync: 'off' },
  ...(isReal ? { network: SANDBOX_NETWORK } : {}),
  signal,
});
const rounds: Round[] = [];
let failed = 0;
try {
  for (let seed = SEED; seed < SEED + ROUNDS && !signal.aborted; seed += 1) {
    const fault = FAULTS[seed % FAULTS.length] ?? 'kill';
    try {
      const round = await runRound(postgres, { fault, seed, behindSwarmpit, isReal, signal });
      rounds.push(round);
      say(
        `${seed} ${fault}: ${round.accepted} accepted, ${round.updates} updates, taken over in ${Math.round(round.takenOverMs)} ms, resumed in ${Math.round(round.resumedMs)} ms`,
      );
      if (round.broken.length === 0) continue;
      say([...round.broken.map((line) => `  BROKEN ${line}`), ...round.story].join('\n'));
    } catch (error) {
      if (signal.aborted) break;
      say(`${seed} ${fault}: ${String(error)}`);
    }
    failed += 1;
  }
} finally {
  await postgres.stop();
}
for (const fault of FAULTS) {
  const all = rounds.filter((one) => one.fault === fault);
  if (all.length === 0) continue;
  const takenOver = times(all.map(({ takenOverMs }) => takenOverMs));
  say(
    `${fault} ×${all.length}: taken over ${takenOver}; resumed ${times(all.map(({ resumedMs }) => resumedMs))}`,
  );
}
say(`${rounds.length} of ${ROUNDS} rounds, ${failed} broke a rule`);
process.exit(failed === 0 && !signal.aborted ? 0 : 1);
