import { createStepCounter } from '../../support/crash-at.ts';
import type { FillRandom } from '../../support/fake-engine-state.ts';
import {
  openWorkBench,
  type RunningWork,
  type WorkBench,
  type Wrap,
  type WorkBenchOptions,
} from '../../support/work-bench.ts';
import type { Chances } from './chances.ts';
import { createImages, type Images, REPOSITORIES, type Repository } from './images.ts';
import { timeOutBy } from './timeouts.ts';
import { createTurns, type Turns } from './turns.ts';

/** A service of the scenario, and what has been done to it that the laws make an allowance for. */
export type Actor = {
  readonly name: string;
  readonly repository: Repository;
  readonly goesBack: boolean;
  readonly isPinned: boolean;
  /** Somebody else changed it behind the helper's back. */
  touched: boolean;
  /** When somebody else last changed anything but its image, ms since the epoch; null for never. */
  changedAt: number | null;
  /** A person insisted on a redeployment. */
  forced: boolean;
  /** Updates that somebody else had the engine carry out. */
  theirs: number;
  /** What somebody else asked of the engine, done or not. */
  theirTries: number;
  /** What somebody else had the engine go back from, and when, ms since the epoch. */
  readonly wentBackFrom: { readonly digest: string | null; readonly at: number }[];
  /** When a person last lifted its holds, ms since the epoch; null for never. */
  releasedAt: number | null;
  /** How often somebody else put another digest into its spec. */
  imagesSet: number;
  /** Images that somebody else gave it, each with how many updates the engine had taken by then. */
  readonly sets: { readonly digest: string | null; readonly after: number }[];
};

/** The stage of one scenario: a fake engine, a fake registry, and the helper, which may die and come again. */
export type World = {
  readonly bench: WorkBench;
  readonly chances: Chances;
  readonly turns: Turns;
  readonly images: Images;
  readonly actors: readonly Actor[];
  /** Ids of the deliveries that the helper said it has. */
  readonly accepted: string[];
  /** Ids of the freezes that stand. */
  readonly freezes: string[];
  /** What happened, a line each, with the seconds since the beginning. */
  readonly story: string[];
  readonly say: (what: string) => void;
  readonly helper: () => RunningWork;
  /** The process dies at one of its next steps, and comes again at the next {@link World.revive}. */
  readonly killSoon: () => void;
  /** The helper is told to stop, and starts again. */
  readonly restart: () => Promise<void>;
  /** Starts the helper again if it has died. */
  readonly revive: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** For deadlines that go by the machine's own time. */
const NEVER_LATE = { attemptMs: 60_000, lookUpMs: 60_000 };
const SECOND_NS = 1_000_000_000;
/** Questions, answers and queries that one that is to die may still come to. */
const LONGEST_LAST_STEPS = 80;

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

/** Where the store is, if not where `openTestStore` opens one. */
export type Storage = Pick<WorkBenchOptions, 'openStore'>;

export const openWorld = async (
  chances: Chances,
  fillRandom: FillRandom,
  storage: Storage = {},
): Promise<World> => {
  // Time passes by turns alone.
  const bench = await openWorkBench({
    speed: 0,
    fillRandom,
    maxParallel: chances.number(1, 3),
    registry: { ...NEVER_LATE, retryPauseMs: 1 },
    ...(storage.openStore === undefined ? {} : { openStore: storage.openStore }),
  });
  const timeOutAsBefore = timeOutBy(bench.clock);
  const turns = createTurns(chances, bench.clock.skip, bench.isStoreBusy);
  const images = createImages(bench, chances);
  const actors = addActors(bench, images, chances);
  bench.settle();
  const beganAt = bench.clock.now();
  const story: string[] = [];
  const say = (what: string): void => {
    story.push(`${((bench.clock.now() - beganAt) / 1_000).toFixed(2)} ${images.named(what)}`);
  };

  let life = startLife(bench, turns, chances);
  const startAgain = async (): Promise<void> => {
    await turns.drive(life.running.stop());
    life = startLife(bench, turns, chances);
  };
  return {
    bench,
    chances,
    turns,
    images,
    actors,
    accepted: [],
    freezes: [],
    story,
    say,
    helper: () => life.running,
    killSoon: () => {
      say('the helper is to die soon');
      life.killSoon();
    },
    restart: async () => {
      say('the helper is told to stop and starts again');
      await startAgain();
    },
    revive: async () => {
      if (!life.isGone()) return;
      say('the helper has died and starts again');
      await startAgain();
    },
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
  // Counted outside of the turns, so that the last thing it does may be to send, and not to hear.
  const running = bench.start({}, around(counter.wrap, inTurns));
  return { running, killSoon: counter.count, isGone: counter.isReached };
};

/** What `inner` gives in place of the bench's own, and `outer` in place of that. */
const around = (outer: Wrap, inner: Wrap): Wrap => {
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
