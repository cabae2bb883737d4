import type { Cluster } from '../../core/swarm/cluster.ts';
import type { Log } from '../../core/log.ts';
import type { OutcomeView } from '../../core/outcome/outcome.ts';
import type { Changes } from '../../store/query/changes.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { Clock } from '../loop/clock.ts';
import { createBell } from '../loop/bell.ts';
import { runLoop } from '../loop/run-loop.ts';
import { createConvergenceWatch, type Unproven } from './convergence.ts';
import { type OutcomeQuestion, type ReadAnswer, readAll } from './read-all.ts';

export type OutcomeRequest = OutcomeQuestion & {
  /** How long to wait for the end, in ms; 0: answer at once. */
  readonly waitMs: number;
  /** The version that the client has: any other version is an answer. Null: only the end is. */
  readonly known: string | null;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
};

/** Null: there is no such delivery, or the client must not see any of it. */
export type AskOutcome = (request: OutcomeRequest) => Promise<OutcomeView | null>;

export type OutcomesDeps = {
  readonly db: Db;
  readonly clusters: readonly Pick<Cluster, 'name' | 'observe'>[];
  /** Registers a function to call after each write to the store. */
  readonly onChange: Changes['onChange'];
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the process stops: all waiting clients are then answered at once. */
  readonly signal: AbortSignal;
};

type Waiter = {
  readonly request: OutcomeRequest;
  /** Monotonic. */
  readonly until: number;
  readonly resolve: (answer: OutcomeView | null) => void;
  readonly reject: (error: unknown) => void;
  last: ReadAnswer | null;
  /** Whether the unproven services have been observed since the request. */
  hasChecked: boolean;
};

/** Writes that are close together cause one read. */
const READ_AT_MOST_EVERY_MS = 200;
/** Due times pass without a write, and another process may write to the store too. */
const READ_AT_LEAST_EVERY_MS = 5_000;
/** How long a client that does not want to wait may be kept waiting for the first observation of a slow cluster. */
const FIRST_CHECK_MS = 5_000;

/**
 * Answers what became of pushes. After a write to the store, one read serves all waiting clients. Nothing is read
 * while nobody waits.
 */
export const createOutcomes = (deps: OutcomesDeps): AskOutcome => {
  const { db, clock, log, signal } = deps;
  const waiters = new Set<Waiter>();
  const bell = createBell(clock);
  let isReading = false;
  /** Whether something may have changed since the last read. */
  let isStale = true;
  let readAt = Number.NEGATIVE_INFINITY;

  const wake = (): void => {
    isStale = true;
    bell.ring();
  };
  const watch = createConvergenceWatch({ ...deps, onSeen: wake });

  const settle = (waiter: Waiter, answer: OutcomeView | null): void => {
    if (waiters.delete(waiter)) waiter.resolve(answer);
  };

  /** Answers the clients for whom the last read is enough. */
  const answerDue = (): void => {
    const now = clock.monotonic();
    for (const waiter of waiters) {
      const { last, request, until } = waiter;
      if (last === null) continue;
      if (last.kind === 'not-found') {
        settle(waiter, null);
        continue;
      }
      const { view, unproven } = last;
      const isOver = now >= until || signal.aborted;
      // Even clients that do not wait get the first observation of a service, within a limit.
      const isReady = unproven.length === 0 || waiter.hasChecked || now >= until + FIRST_CHECK_MS;
      const isNews = request.known !== null && request.known !== view.version;
      const isEnd = request.known === null && view.state !== 'pending';
      if (isEnd || (isReady && (isNews || isOver)) || signal.aborted) settle(waiter, view);
    }
  };

  /** Equal questions are answered once. */
  const readOnce = async (): Promise<void> => {
    const batch = [...waiters];
    const groups = [...Map.groupBy(batch, ({ request }) => keyOf(request)).values()];
    const questions = groups.flatMap(([first]) => (first === undefined ? [] : [first.request]));
    isStale = false;
    readAt = clock.monotonic();
    const answers = await readAll(db, questions, watch, clock.now());
    for (const [index, group] of groups.entries()) {
      for (const waiter of group) waiter.last = answers[index] ?? null;
    }
    answerDue();
    const waiting = batch.filter((waiter) => waiters.has(waiter));
    const unproven = waiting.flatMap(({ last }) => (last?.kind === 'told' ? last.unproven : []));
    if (unproven.length === 0) return;
    void lookAt(waiting, unproven);
  };

  const lookAt = async (waiting: readonly Waiter[], all: readonly Unproven[]): Promise<void> => {
    await watch.look(all);
    for (const waiter of waiting) waiter.hasChecked = true;
    wake();
  };

  const nextDue = (): number => {
    const now = clock.monotonic();
    const ends = [...waiters].map(({ until }) => (until > now ? until : now + FIRST_CHECK_MS));
    return Math.min(now + READ_AT_LEAST_EVERY_MS, ...ends) - now;
  };

  /** Reads once if anything may be new. If the store does not answer, only clients whose time is up get the error. */
  const round = async (ended: AbortController): Promise<number> => {
    try {
      answerDue();
      const isDue = isStale || clock.monotonic() - readAt >= READ_AT_LEAST_EVERY_MS;
      if (isDue && waiters.size > 0) await readOnce();
    } catch (error) {
      isStale = true;
      for (const waiter of waiters) {
        if (clock.monotonic() >= waiter.until && waiters.delete(waiter)) waiter.reject(error);
      }
      throw error;
    } finally {
      if (waiters.size === 0) ended.abort();
    }
    return nextDue();
  };

  const serve = async (): Promise<void> => {
    isReading = true;
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    const stopListening = deps.onChange(wake);
    try {
      await runLoop(
        { clock, log },
        {
          name: 'outcomes',
          meaning: 'the outcome of pushes is not reported',
          bell,
          leastMs: READ_AT_MOST_EVERY_MS,
          round: () => round(ended),
        },
        either,
      );
    } finally {
      stopListening();
      isReading = false;
    }
    if (signal.aborted) await answerLast();
    else if (waiters.size > 0) void serve();
  };

  /** The helper stops: waiting clients get the present state. */
  const answerLast = async (): Promise<void> => {
    try {
      await readOnce();
    } catch (error) {
      for (const waiter of waiters) waiter.reject(error);
      waiters.clear();
    }
  };

  return (request) =>
    new Promise((resolve, reject) => {
      // An abort that has already happened is not announced again.
      request.signal.throwIfAborted();
      const until = clock.monotonic() + request.waitMs;
      const waiter: Waiter = { request, until, resolve, reject, last: null, hasChecked: false };
      waiters.add(waiter);
      request.signal.addEventListener('abort', () => {
        if (waiters.delete(waiter)) reject(request.signal.reason);
      });
      wake();
      if (!isReading) void serve();
    });
};

const keyOf = ({ who, ask, clusters, allowed, telling }: OutcomeQuestion): string =>
  JSON.stringify([who, ask, clusters, allowed, telling]);
