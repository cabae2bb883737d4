import { createTimeOrderedIds } from '../../../../src/core/time-ordered-id.ts';
import { openIntakeOf } from '../../../../src/store/intake/open-intake.ts';
import { openPostgresStore } from '../../../../src/store/postgres/open-store.ts';
import type { Db } from '../../../../src/store/sqlite/open-store.ts';
import type { Clock } from '../../../../src/work/loop/clock.ts';
import { createStoreClock } from '../../../../src/work/loop/store-clock.ts';
import { createStepCounter, type StepCounter } from '../../../support/work/crash-at.ts';
import type { FillRandom } from '../../../support/fake-engine/state.ts';
import { postgresSetting } from '../../../support/store/postgres-setting.ts';
import type { RunningWork, Wrap } from '../../../support/work/work-bench.ts';
import { around, LONGEST_LAST_STEPS, type Stage } from '../world.ts';
import { GateDriver, serverTime, type Server, type Visitor } from './gate.ts';
import { createLeaseNotes } from './lease-notes.ts';
import { createLine, type Line } from './line.ts';
import { onlyByHolder, throughLine } from './ports.ts';

/** One of two helpers. It can die and start again. */
export type Helper = {
  readonly name: string;
  readonly line: Line;
  /** The id of its present life. */
  readonly instance: () => string;
  readonly running: () => RunningWork;
  readonly isGone: () => boolean;
  readonly killSoon: () => void;
  /** The process dies at once, even if it stands still. */
  readonly kill: () => void;
  /** Somebody sets the clock of its machine. */
  readonly setClock: (byMs: number) => void;
  readonly stop: () => Promise<void>;
  readonly start: () => void;
  readonly close: () => Promise<void>;
};

export type HelperDeps = {
  readonly stage: Stage;
  readonly server: Server;
  readonly fillRandom: FillRandom;
  /** The address of the database. */
  readonly url: string;
};

/** How far the clock of its machine can be wrong. */
const LONGEST_SKEW_MS = 600_000;
/** The probability that a cluster which is cut off carries a request out. */
const ONLY_ANSWER_LOST = 0.3;

export const openHelper = async (
  { stage, server, fillRandom, url }: HelperDeps,
  name: string,
): Promise<Helper> => {
  const { bench, chances, turns } = stage;
  const say = (what: string): void => stage.say(`${name} ${what}`);
  const line = createLine(bench.clock, say);
  let skewMs = chances.number(-LONGEST_SKEW_MS, LONGEST_SKEW_MS);
  const machine: Clock = {
    now: () => bench.clock.now() + skewMs,
    monotonic: bench.clock.monotonic,
    wait: async (ms, signal) => {
      await bench.clock.wait(ms, signal);
      await line.going();
      signal.throwIfAborted();
    },
  };

  let life: { readonly id: string; readonly running: RunningWork; readonly counter: StepCounter };
  let isGone = (): boolean => false;
  const written = createLeaseNotes((what) => stage.broken.push(what));
  const visitor: Visitor = { line, isGone: () => isGone(), written };
  const gates: GateDriver[] = [];
  const store = await openPostgresStore(postgresSetting(url, 'cd_helper'), (driver) => {
    const gate = new GateDriver(driver, server, visitor);
    gates.push(gate);
    return gate;
  });
  line.onPause = () => {
    for (const gate of gates) gate.onPause();
  };

  let starts = 0;
  const start = (): void => {
    starts += 1;
    const id = `${name}-${starts}`;
    const counter = createStepCounter(chances.number(1, LONGEST_LAST_STEPS), 'crash');
    isGone = counter.isReached;
    const inTurns = turns.wrap(counter.isReached, line.mayGo);
    const far: Wrap = { cluster: throughLine(line, () => chances.happens(ONLY_ANSWER_LOST)) };
    const watched: Wrap = { cluster: onlyByHolder(stage, id) };
    const { cluster, registries } = [far, inTurns, watched].reduceRight(
      (outer, inner) => around(outer, inner),
      counter.wrap,
    );
    const counted = (db: Db): Db => counter.wrap.db?.(db) ?? db;
    const db = counted(store.db);
    const clock = createStoreClock(machine);
    const { fence, durability, tryToWrite, onChange, others } = store;
    const running = bench.start(
      {
        db,
        instance: { id, host: name, version: '1' },
        ...(fence === null ? {} : { fence: (it) => written.note(it, counted(fence(it))) }),
        // As behind a pooler: nobody hears of writes, so each instance looks for them.
        ...(others === null
          ? {}
          : {
              others: {
                ring: others.ring,
                quiet: counted(others.quiet),
                call: async () => {},
                listen: async () => ({ ended: Promise.resolve(), close: () => {} }),
              },
            }),
        onStoreTime: clock.set,
        storeTime: serverTime,
        openIntake: openIntakeOf({
          db,
          durability: counter.wrap.durability?.(durability) ?? durability,
          tryToWrite,
        }),
        onChange,
        clock,
        newId: createTimeOrderedIds(clock.now, fillRandom),
      },
      { ...(cluster && { cluster }), ...(registries && { registries }) },
    );
    life = { id, running, counter };
  };
  start();

  return {
    name,
    line,
    instance: () => life.id,
    running: () => life.running,
    isGone: () => isGone(),
    killSoon: () => {
      say('is to die soon');
      life.counter.count();
    },
    kill: () => {
      say('is killed');
      life.counter.reach();
      line.heal();
    },
    setClock: (byMs) => {
      say(`has its clock set by ${byMs} ms`);
      skewMs += byMs;
    },
    stop: () => life.running.stop(),
    start,
    close: store.close,
  };
};
