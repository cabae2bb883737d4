import type { Log } from '../../core/log.ts';
import type { Changes } from '../../store/query/changes.ts';
import { eventRange, readEvents, type StoredEvent } from '../../store/notices/events.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { createBell } from './bell.ts';
import type { Clock } from './clock.ts';
import { runLoop } from './run-loop.ts';

export type FeedEvent = {
  /** The id to continue from. */
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
};

export type EventListener = {
  /** Never rejects. The next events follow when it resolves. */
  readonly take: (events: readonly FeedEvent[]) => Promise<void>;
};

/**
 * Sends every change in the store after the event `lastId`, without loss or repetition, until the returned function
 * is called. If that is impossible (no id, an id of another process, or one that is too old), the first event is a
 * `reset`: the listener must read everything anew.
 */
export type EventFeed = (lastId: string | null, listener: EventListener) => Promise<() => void>;

export type EventFeedDeps = {
  readonly db: Db;
  /** Registers a function to call after each write to the store. */
  readonly onChange: Changes['onChange'];
  readonly clock: Clock;
  /**
   * Letters and digits. Marks event ids as ours: ids of other stores, or of other processes if events end with the
   * process, do not match.
   */
  readonly process: string;
  readonly log: Log;
  /**
   * Called for each listener; the returned function is called when the listener leaves. Some changes, such as the
   * health of services, are observed only while somebody listens.
   */
  readonly want?: () => () => void;
};

/** Least time between two queries for news. What happens in between goes out together. */
const READ_EVERY_MS = 100;
/** Longest time between two queries: another process may write to the store too. */
const READ_AT_LEAST_EVERY_MS = 5_000;
const BATCH = 500;

type Listening = EventListener & { position: number };

/** One reader for all listeners. It rests while nobody listens. */
export const createEventFeed = (deps: EventFeedDeps): EventFeed => {
  const { db, clock, log } = deps;
  const listening = new Set<Listening>();
  const written = createBell(clock);
  let rest = new AbortController();
  let isReading = false;

  const idOf = (position: number): string => `${deps.process}-${position}`;
  const shown = ({ id, type, data }: StoredEvent): FeedEvent => ({ id: idOf(id), type, data });
  const resetTo = (position: number): FeedEvent => ({
    id: idOf(position),
    type: 'reset',
    data: {},
  });

  /** Null if the id is not one of ours. */
  const positionOf = (lastId: string | null): number | null => {
    const [, process, position] = /^(\w+)-(\d{1,15})$/.exec(lastId ?? '') ?? [];
    return process === deps.process ? Number(position) : null;
  };

  const give = async (one: Listening, events: readonly StoredEvent[]): Promise<void> => {
    const news = events.filter(({ id }) => id > one.position);
    const [first] = news;
    const last = news.at(-1);
    if (first === undefined || last === undefined) return;
    // Missing ids were never committed or have been pruned. Only the latter is a loss.
    const isGap = first.id > one.position + 1 && (await eventRange(db)).oldest > one.position + 1;
    one.position = last.id;
    await one.take(isGap ? [resetTo(last.id)] : news.map(shown));
  };

  /**
   * Reads for the listener that is furthest behind. The others skip what they have had, and wait for a few batches at
   * most.
   */
  const readOn = async (): Promise<boolean> => {
    const from = Math.min(...[...listening].map(({ position }) => position));
    const events = await readEvents(db, from, BATCH);
    await Promise.all([...listening].map((one) => give(one, events)));
    return events.length === BATCH;
  };

  /** Reads until nobody listens. If the store cannot be read, the listeners wait and miss nothing. */
  const read = async (): Promise<void> => {
    isReading = true;
    const stop = deps.onChange(written.ring);
    const round = async (): Promise<number> => {
      while (listening.size > 0 && (await readOn()));
      return READ_AT_LEAST_EVERY_MS;
    };
    const meaning = 'the dashboard and other clients get no events';
    const loop = { name: 'events', meaning, round, bell: written, leastMs: READ_EVERY_MS };
    while (listening.size > 0) await runLoop({ clock, log }, loop, rest.signal);
    stop();
    isReading = false;
  };

  const enter = async (lastId: string | null, listener: EventListener): Promise<Listening> => {
    const { oldest, newest } = await eventRange(db);
    const wanted = positionOf(lastId);
    const goesOn = wanted !== null && wanted >= oldest - 1 && wanted <= newest;
    const position = goesOn ? wanted : newest;
    if (!goesOn) await listener.take([resetTo(position)]);
    return { ...listener, position };
  };

  return async (lastId, listener) => {
    const one = await enter(lastId, listener);
    listening.add(one);
    const leave = deps.want?.();
    if (!isReading) void read();
    return () => {
      leave?.();
      listening.delete(one);
      if (listening.size > 0) return;
      rest.abort();
      rest = new AbortController();
    };
  };
};
