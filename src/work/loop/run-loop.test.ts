import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestClock, type TestClock } from '../../../test/support/work/test-clock.ts';
import { type Log, silentLog } from '../../core/log.ts';
import { createBell } from './bell.ts';
import { type Loop, runLoop } from './run-loop.ts';

let clock: TestClock;
let lines: string[];
let stop: AbortController;
beforeEach(() => {
  // Time passes only when a test lets it.
  clock = createTestClock(() => {}, 0);
  lines = [];
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  clock.stop();
});

const log: Log = {
  ...silentLog,
  info: (message) => lines.push(`info ${message}`),
  error: (message, fields) => lines.push(`error ${message} ${String(fields?.['failures'])}`),
};

/** Lets everything run that is ready. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
};
const pass = async (ms: number): Promise<void> => {
  clock.skip(ms);
  await turns();
};

type Rounds = { at: number[]; fails: boolean; running: Promise<void> };

const start = async (change: Partial<Loop> = {}): Promise<Rounds> => {
  const begun = clock.now();
  const rounds: Rounds = { at: [], fails: false, running: Promise.resolve() };
  const round = async (): Promise<number> => {
    rounds.at.push(clock.now() - begun);
    if (rounds.fails) throw new Error('the store is away');
    return 10_000;
  };
  const loop = { name: 'checks', meaning: 'pushes wait', round, ...change };
  rounds.running = runLoop({ clock, log }, loop, stop.signal);
  await turns();
  return rounds;
};

it('rests as long as a round says, or until the bell', async () => {
  const bell = createBell(clock);
  const rounds = await start({ bell });
  await pass(9_999);
  await pass(1);
  bell.ring();
  await turns();
  expect(rounds.at).toEqual([0, 10_000, 10_000]);
});

it('repeats a failed round after longer and longer pauses, whatever rings', async () => {
  const bell = createBell(clock);
  const rounds = await start({ bell });
  rounds.fails = true;
  bell.ring();
  await turns();
  for (let second = 0; second < 60; second += 1) {
    bell.ring();
    await pass(1_000);
  }
  expect(rounds.at).toEqual([0, 0, 1_000, 3_000, 7_000, 15_000, 30_000, 45_000, 60_000]);
  rounds.fails = false;
  await pass(15_000);
  expect(lines).toEqual([
    'error a background task failed; it is retried 1',
    'error a background task failed; it is retried 8',
    'info a background task works again',
  ]);
});

it('pauses between rounds although the bell rings all the time', async () => {
  const bell = createBell(clock);
  const rounds = await start({ bell, leastMs: 500 });
  for (let time = 0; time < 10; time += 1) {
    bell.ring();
    await pass(100);
  }
  expect(rounds.at).toEqual([0, 500, 1_000]);
});

it.each([
  ['in a round', async () => {}],
  [
    'after a failure',
    async (rounds: Rounds) => {
      rounds.fails = true;
      await pass(10_000);
    },
  ],
])('ends with the signal, also %s', async (_when, before) => {
  const rounds = await start();
  await before(rounds);
  stop.abort(new Error('told to stop'));
  await rounds.running;
  expect(lines.filter((line) => line.includes('stop'))).toEqual([]);
});

it('ends with an error that no retry can help', async () => {
  const rounds = await start({ isFatal: (error) => String(error).includes('away') });
  rounds.running.catch(() => {});
  rounds.fails = true;
  await pass(10_000);
  await expect(rounds.running).rejects.toThrow('the store is away');
});
