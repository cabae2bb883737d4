import { type Cluster, ClusterError } from '../../core/swarm/cluster.ts';
import { type Health, type HealthView, NOT_OBSERVED } from '../../core/health/health.ts';
import type { Log } from '../../core/log.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { createBell } from '../loop/bell.ts';
import type { Clock } from '../loop/clock.ts';
import { runLoop } from '../loop/run-loop.ts';
import { createHealthBook, type HealthBook } from './health-book.ts';
import { createRecordReader } from './read-record.ts';

/** The health of a service of one cluster, by its id. */
export type FindHealth = (serviceId: string) => HealthView;

/** Observes clusters while somebody wants to know the health of their services, and leaves them alone otherwise. */
export type HealthWatch = {
  /**
   * The present health of one cluster's services; observes the cluster if what is known is too old. Rejects only with
   * the signal's reason.
   */
  readonly read: (cluster: string, signal: AbortSignal) => Promise<FindHealth>;
  /** Observes all clusters until the returned function is called. */
  readonly want: () => () => void;
  /** Observes all clusters for the next two minutes, because somebody scrapes the metrics. */
  readonly wantForScrapes: () => void;
  /** What was last observed, by cluster. A cluster that did not answer then is left out. */
  readonly known: () => ReadonlyMap<string, ReturnType<HealthBook['known']>>;
  /** Runs until the signal is aborted. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

export type HealthWatchDeps = {
  readonly clusters: readonly Pick<Cluster, 'name' | 'countServices' | 'listTasks'>[];
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  /** Called for each service whose health has changed. */
  readonly changed: (cluster: string, service: Service, health: Health) => Promise<void>;
  /** Called after each observation, also by concurrent readers. `known` returns the newest observation. */
  readonly observed?: (cluster: string, known: HealthBook['known']) => Promise<void>;
};

const EVERY_MS = 5_000;
const SCRAPE_MS = 2 * 60_000;
/** Sleep while nobody wants to know; a bell ends it. */
const REST_MS = 24 * 60 * 60_000;

export const createHealthWatch = (deps: HealthWatchDeps): HealthWatch => {
  const { clock, log, db } = deps;
  const watched = deps.clusters.map((cluster) => {
    const book = createHealthBook({
      cluster,
      clock,
      readRecord: createRecordReader(db, cluster.name),
      changed: (service, health) => deps.changed(cluster.name, service, health),
    });
    return { name: cluster.name, book, bell: createBell(clock) };
  });
  const books = new Map(watched.map(({ name, book }) => [name, book]));
  let wanting = 0;
  let scrapedAt = Number.NEGATIVE_INFINITY;
  const isWanted = (): boolean => wanting > 0 || clock.monotonic() - scrapedAt < SCRAPE_MS;
  const ring = (): void => {
    for (const { bell } of watched) bell.ring();
  };

  const observe = async (name: string, book: HealthBook, signal: AbortSignal): Promise<void> => {
    await book.observe(signal);
    await deps.observed?.(name, book.known);
  };

  const runOne = async (
    { name, book, bell }: (typeof watched)[number],
    signal: AbortSignal,
  ): Promise<void> => {
    const round = async (): Promise<number> => {
      if (!isWanted()) return REST_MS;
      // A reader has observed the cluster in between.
      if (book.age() < EVERY_MS) return EVERY_MS - book.age();
      try {
        await observe(name, book, signal);
      } catch (error) {
        // The cluster's own state shows that it does not answer.
        if (!(error instanceof ClusterError)) throw error;
      }
      return EVERY_MS;
    };
    const meaning = 'the health of services is unknown';
    await runLoop({ clock, log }, { name: `health of ${name}`, meaning, round, bell }, signal);
  };

  return {
    read: async (name, signal) => {
      const book = books.get(name);
      if (book === undefined) return () => NOT_OBSERVED;
      const isOld = book.age() >= EVERY_MS;
      try {
        if (isOld) await book.observe(signal);
      } catch (error) {
        signal.throwIfAborted();
        log.warn('health not observed', { cluster: name, error });
        return () => ({ ...NOT_OBSERVED, healthReason: 'unreachable' });
      }
      const known = book.known();
      // The reader gets its answer even if the store refuses the write.
      const telling = isOld ? deps.observed?.(name, book.known) : undefined;
      await telling?.catch((error: unknown) => {
        log.error('observations are not reported', { cluster: name, error });
      });
      return (id) => known.get(id)?.view ?? NOT_OBSERVED;
    },
    want: () => {
      wanting += 1;
      if (wanting === 1) ring();
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        wanting -= 1;
      };
    },
    wantForScrapes: () => {
      const wasWanted = isWanted();
      scrapedAt = clock.monotonic();
      if (!wasWanted) ring();
    },
    known: () =>
      new Map(
        watched
          .filter(({ book }) => Number.isFinite(book.age()))
          .map(({ name, book }) => [name, book.known()]),
      ),
    run: async (signal) => {
      await Promise.all(watched.map((one) => runOne(one, signal)));
    },
  };
};
