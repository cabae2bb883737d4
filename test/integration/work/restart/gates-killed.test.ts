import { expect, it, onTestFinished } from 'vitest';
import { seeded } from '../../../chaos/seeded.ts';
import { liveAndDie, STATES } from '../../../support/gates-killed/live-and-die.ts';
import { openGateWorld } from '../../../support/gates-killed/open-world.ts';

/** Each is one service, whose helper is killed in one of the states of a gate: with 7 in each once. */
const RUNS = Number(process.env['CD_HELPER_GATE_KILLS'] ?? STATES.length);
const FIRST_SEED = Number(process.env['CD_HELPER_GATE_SEED'] ?? 1);

it('kill -9 in every state of a gate: nothing early, nothing twice, nothing forgotten', {
  timeout: 120_000 + RUNS * 60_000,
}, async () => {
  const world = await openGateWorld();
  onTestFinished(world.close);
  await world.start();
  const died = new Map<string, number>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed += 1) {
    const state = STATES[seed % STATES.length] ?? STATES[0];
    const name = `${/age|window|due/.test(state) ? 'time' : 'vote'}-${seed}`;
    await liveAndDie({ world, name, random: seeded(seed) }, state).catch((error: unknown) => {
      throw new Error(`seed ${seed}, ${state}: ${String(error)}`, { cause: error });
    });
    died.set(state, (died.get(state) ?? 0) + 1);
  }
  const told = [...died].map(([state, count]) => `${state} ${count}`).join(', ');
  process.stderr.write(`gates killed: ${RUNS} runs, ${world.kills()} kills; ${told}\n`);
  expect(world.kills()).toBeGreaterThanOrEqual(RUNS);
});
