import { createStepCounter } from '../../support/work/crash-at.ts';
import type { FillRandom } from '../../support/fake-engine/state.ts';
import {
  openWorkBench,
  type RunningWork,
  type WorkBench,
  type Wrap,
  type WorkBenchOptions,
} from '../../support/work/work-bench.ts';
import type { Chances } from './chances.ts';
import { createImages, type Images, REPOSITORIES, type Repository } from './images.ts';
import { timeOutBy } from './timeouts.ts';
import { createTurns, type Turns } from './turns.ts';

/** A service of the scenario, and what happened to it that the laws must consider. */
export type Actor = {
  readonly name: string;
  readonly repository: Repository;
  readonly goesBack: boolean;
  readonly isPinned: boolean;
  /** Another actor changed it without the helper. */
  touched: boolean;
  /** When another actor last changed anything except its image, ms since the epoch; null for never. */
  changedAt: number | null;
  /** A person forced a redeployment. */
  forced: boolean;
  /** Updates by other actors that the engine carried out. */
  theirs: number;
  /** Updates that other actors requested, carried out or not. */
  theirTries: number;
  /** What other actors rolled back from through the engine, and when, ms since the epoch. */
  readonly wentBackFrom: { readonly digest: string | null; readonly at: number }[];
  /** When a person last released its holds, ms since the epoch; null for never. */
  releasedAt: number | null;
  /** How often another actor put another digest into its spec. */
  imagesSet: number;
  /** Images that other actors set, each with the number of updates that the engine had accepted by then. */
  readonly sets: { readonly digest: string | null; readonly after: number }[];
};

/** What a scenario consists of, apart from the helper. */
export type Stage = {
  readonly bench: WorkBench;
  readonly chances: Chances;
  readonly turns: Turns;
  readonly images: Images;
  readonly actors: readonly Actor[];
  /** Ids of the deliveries that the helper confirmed. */
  readonly accepted: string[];
  /** Ids of the active freezes. */
  readonly freezes: string[];
  /** Laws that were seen broken before the end. */
  readonly broken: string[];
  /** The events, one line each, with the seconds since the start. */
  readonly story: string[];
  readonly say: (what: string) => void;
};

/** The stage of one scenario: a fake engine, a fake registry, and the helper, which can die and start again. */
export type World = Stage & {
  /** The helper that a sender or a person reaches. */
  readonly helper: () => RunningWork;
  /** The process dies at one of its next steps, and starts again at the next {@link World.revive}. */
  readonly killSoon: () => void;
  /** Stops the helper gracefully and starts it again. */
  readonly restart: () => Promise<void>;
  /** Starts the helper again if it has died. */
  readonly revive: () => Promise<void>;
  /** Lets some time pass; more if nothing is being deployed and everything left is due later. */
  readonly rest: (isBusy: boolean) => Promise<void>;
  /** Ends everything that keeps the helper from its work. */
  readonly heal: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** For deadlines that use the machine's own time. */
const NEVER_LATE = { attemptMs: 60_000, lookupMs: 60_000 };
/** Used while nothing is being deployed and everything left is due later. */
const LONG_STEP_MS = 5_000;
const SECOND_NS = 1_000_000_000;
/** The most requests, answers and queries before a dying process is gone. */
export const LONGEST_LAST_STEPS = 80;

const addActors = (bench: WorkBench, images: Images, chances: Chances): readonly Actor[] =>
  REPOSITORIES.flatMap((repository) =>
    Array.from({ length: chances.number(1, 3) }, (_, index): Actor => {
      const name = `${repository.at(-1)}${index}`;
      const isPinned = !chances.happens(0.15);
      const goesBack = !chances.happens(0.15);
      bench.engine.addService({
        name,
        image: images.spelt(repository, isPinned ? images.published(repository) : null),
        replicas: chances.number(1, 3),
        ...(chances.happens(0.15) ? { mode: { Global: {} } } : {}),
        ...(goesBack ? {} : { labels: { 'cd-helper.rollback': 'off' } }),
        update: {
          FailureAction: chances.pick(['pause', 'rollback', 'continue']),
          Monitor: chances.number(1, 3) * SECOND_NS,
          Order: chances.pick(['stop-first', 'start-first']),
          Parallelism: chances.number(1, 2),
        },
      });
      const untouched = {
        touched: false,
        changedAt: null,
        forced: false,
        theirs: 0,
        theirTries: 0,
        wentBackFrom: [],
        releasedAt: null,
        imagesSet: 0,
        sets: [],
      };
      return { name, repository, goesBack, isPinned, ...untouched };
    }),
  );

/** Where the store is, if `openTestStore` does not open it. */
export type Storage = Pick<WorkBenchOptions, 'openStore'>;

export const createStage = (bench: WorkBench, chances: Chances, turns: Turns): Stage => {
  const images = createImages(bench, chances);
  const actors = addActors(bench, images, chances);
  bench.settle();
  const beganAt = bench.clock.now();
  const story: string[] = [];
  const say = (what: string): void => {
    story.push(`${((bench.clock.now() - beganAt) / 1_000).toFixed(2)} ${images.named(what)}`);
  };
  const noted = { accepted: [], freezes: [], broken: [], story };
  return { bench, chances, turns, images, actors, say, ...noted };
};

/** Time passes only in turns. */
export const openStageBench = (
  chances: Chances,
  fillRandom: FillRandom,
  storage: Storage,
): Promise<WorkBench> =>
  openWorkBench({
    speed: 0,
    fillRandom,
    maxParallel: chances.number(1, 3),
    registry: { ...NEVER_LATE, retryPauseMs: 1 },
    ...(storage.openStore === undefined ? {} : { openStore: storage.openStore }),
  });

export const openWorld = async (
  chances: Chances,
  fillRandom: FillRandom,
  storage: Storage = {},
): Promise<World> => {
  const bench = await openStageBench(chances, fillRandom, storage);
  const timeOutAsBefore = timeOutBy(bench.clock);
  const turns = createTurns(chances, bench.clock.skip, bench.isStoreBusy);
  const stage = createStage(bench, chances, turns);
  const { say } = stage;

  let life = startLife(bench, turns, chances);
  const startAgain = async (): Promise<void> => {
    await turns.drive(life.running.stop());
    life = startLife(bench, turns, chances);
  };
  const restart = async (): Promise<void> => {
    say('the helper is told to stop and starts again');
    await startAgain();
  };
  return {
    ...stage,
    helper: () => life.running,
    killSoon: () => {
      say('the helper is to die soon');
      life.killSoon();
    },
    restart,
    revive: async () => {
      if (!life.isGone()) return;
      say('the helper has died and starts again');
      await startAgain();
    },
    rest: async (isBusy) => {
      if (!isBusy) bench.clock.skip(LONG_STEP_MS);
      await turns.pass(20);
    },
    heal: restart,
    close: async () => {
      await turns.drive(life.running.stop());
      timeOutAsBefore();
      await bench.close();
    },
  };
};

/** One process of the helper. */
type Life = {
  readonly running: RunningWork;
  readonly killSoon: () => void;
  readonly isGone: () => boolean;
};

const startLife = (bench: WorkBench, turns: Turns, chances: Chances): Life => {
  const counter = createStepCounter(chances.number(1, LONGEST_LAST_STEPS), 'crash');
  const inTurns = turns.wrap(counter.isReached);
  // Counted outside the turns, so that the last step can be a request whose answer never arrives.
  const running = bench.start({}, around(counter.wrap, inTurns));
  return { running, killSoon: counter.count, isGone: counter.isReached };
};

/** Applies `inner` to the bench's ports, and `outer` to the result. */
export const around = (outer: Wrap, inner: Wrap): Wrap => {
  const both =
    <T>(last?: (one: T) => T, first?: (one: T) => T) =>
    (one: T): T => {
      const made = first?.(one) ?? one;
      return last?.(made) ?? made;
    };
  return {
    cluster: both(outer.cluster, inner.cluster),
    registries: both(outer.registries, inner.registries),
    db: both(outer.db, inner.db),
    durability: both(outer.durability, inner.durability),
  };
};
