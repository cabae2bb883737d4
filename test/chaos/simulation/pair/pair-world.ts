import { setImmediate as nextTurn } from 'node:timers/promises';
import { openPostgresStore } from '../../../../src/store/postgres/open-store.ts';
import type { FillRandom } from '../../../support/fake-engine/state.ts';
import { postgresSetting } from '../../../support/store/postgres-setting.ts';
import type { Chances } from '../chances.ts';
import { timeOutBy } from '../timeouts.ts';
import { createTurns } from '../turns.ts';
import { createStage, openStageBench, type World } from '../world.ts';
import type { Server } from './gate.ts';
import { type Helper, openHelper } from './helper.ts';

/** A world with two helpers on one database. */
export type PairWorld = World & { readonly helpers: readonly [Helper, Helper] };

/** Steps here are smaller than those of one helper on SQLite, where a query is none. */
const SMALLER = 4;
/** In this time, no lease ends that is renewed every 5 s. */
const LONG_STEP_MS = 9_000;
/** The probability that a dead helper starts again after an act. */
const STARTS_AGAIN = 0.5;

/** The probability that the last one dies before it starts for the last time. */
const DIES_AT_END = 0.3;

/** @param url the address of an empty database for this scenario alone */
export const openPairWorld = async (
  chances: Chances,
  fillRandom: FillRandom,
  url: string,
): Promise<PairWorld> => {
  const openStore = () => openPostgresStore(postgresSetting(url, 'cd_helper'));
  const bench = await openStageBench(chances, fillRandom, { openStore });
  const timeOutAsBefore = timeOutBy(bench.clock);
  const isStoreBusy = (): boolean => server.inProgress > 0 || bench.isStoreBusy();
  const storeAnswers = (): Promise<void> =>
    server.inProgress === 0
      ? nextTurn()
      : new Promise((resolve) => {
          server.onAnswered = resolve;
        });
  const all = createTurns(chances, bench.clock.skip, isStoreBusy, storeAnswers);
  let isQuiet = false;
  const turns = { ...all, pass: (count: number) => all.pass(isQuiet ? count : count * SMALLER) };
  const server: Server = {
    clock: bench.clock,
    turns,
    inProgress: 0,
    writer: null,
    onAnswered: () => {},
  };
  const stage = createStage(bench, chances, turns);
  const deps = { stage, server, fillRandom, url };
  const both = [await openHelper(deps, 'first'), await openHelper(deps, 'second')] as const;
  const [first] = both;
  let helpers: readonly Helper[] = both;

  const startAgain = async (helper: Helper): Promise<void> => {
    await turns.drive(helper.stop());
    helper.start();
  };
  /** Those that answer. At least one does. */
  const reachable = (): readonly Helper[] => {
    const alive = helpers.filter((one) => !one.isGone());
    if (!alive.some(({ line }) => line.mayGo())) for (const { line } of alive) line.heal();
    const going = alive.filter(({ line }) => line.mayGo());
    return going.length > 0 ? going : [first];
  };
  const revive = async (everyOne: boolean): Promise<void> => {
    for (const helper of helpers) {
      const isAlone = helpers.every((one) => one.isGone());
      if (!helper.isGone() || !(everyOne || isAlone || chances.happens(STARTS_AGAIN))) continue;
      stage.say(`${helper.name} has died and starts again`);
      await startAgain(helper);
    }
  };
  return {
    ...stage,
    turns,
    rest: async (isBusy) => {
      if (isBusy) return all.pass(20);
      bench.clock.skip(LONG_STEP_MS);
      // What is under way ends first, or a lease could end before its renewal gets its turn.
      await all.empty();
    },
    helpers: both,
    helper: () => chances.pick(reachable()).running(),
    killSoon: () => chances.pick(reachable()).killSoon(),
    restart: async () => {
      const helper = chances.pick(reachable());
      stage.say(`${helper.name} is told to stop and starts again`);
      await startAgain(helper);
    },
    revive: async () => {
      await revive(false);
      // Somebody who got no answer tries again a moment later.
      await all.pass(1);
    },
    heal: async () => {
      for (const { line } of helpers) line.heal();
      // One goes on alone, so that idle helpers ask the database only half as much. It is a new process, because the
      // old one may be about to die.
      const leaves = chances.pick(helpers);
      helpers = helpers.filter((one) => one !== leaves);
      for (const helper of helpers) if (chances.happens(DIES_AT_END)) helper.kill();
      await revive(true);
      stage.say(`${leaves.name} is told to stop, and the other to start again`);
      await turns.drive(leaves.stop());
      for (const helper of helpers) await startAgain(helper);
      isQuiet = true;
    },
    close: async () => {
      for (const { line } of helpers) line.heal();
      for (const helper of helpers) await turns.drive(helper.stop());
      timeOutAsBefore();
      for (const helper of both) await helper.close();
      await bench.close();
    },
  };
};
