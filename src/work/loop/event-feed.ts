import type { Log } from '../../core/log.ts';
import type { Changes } from '../../store/query/changes.ts';
import { eventRange, readEvents, type StoredEvent } from '../../store/notices/events.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { createBell } from './bell.ts';
import type { Clock } from './clock.ts';
import { runLoop } from './run-loop.ts';

export type FeedEvent = {
  /** To go on from. */
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
};

export type EventListener = {
  /** Never rejects; the next come when it resolves. */
  readonly take: (events: readonly FeedEvent[]) => Promise<void>;
};

/**
 * Tells what changes in the store from after the event `lastId` on, without loss or repetition, until what
 * it gives is called. Where that cannot be told (no id, one of another process, or too old) the first event
 * is a `reset`: what was known before is to be read anew.
 */
export type EventFeed = (lastId: string | null, listener: EventListener) => Promise<() => void>;

export type EventFeedDeps = {
  readonly db: Db;
  /** Has a function called whenever something was written to the store. */
  readonly onChange: Changes['onChange'];
  readonly clock: Clock;
  /** Tells ids from those of other stores, or of other processes where events end with the process: letters and digits. */
  readonly process: string;
  readonly log: Log;
  /** Is called for each who listens, and what it gives when they leave: it makes what changes be noticed. */
  readonly want?: () => () => void;
};

/** Time between two queries for news, at the least; what happens between goes out together. */
const READ_EVERY_MS = 100;
/** And at the most: another process may write to the store too. */
const READ_AT_LEAST_EVERY_MS = 5_000;
const BATCH = 500;

type Listening = EventListener & { position: number };

/** One reader for all who listen, which rests while nobody does. */
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

  /** Null where it is none of ours. */
  const positionOf = (lastId: string | null): number | null => {
    const [, process, position] = /^(\w+)-(\d{1,15})$/.exec(lastId ?? '') ?? [];
    return process === deps.process ? Number(position) : null;
  };

  const give = async (one: Listening, events: readonly StoredEvent[]): Promise<void> => {
    const news = events.filter(({ id }) => id > one.position);
    const [first] = news;
    const last = news.at(-1);
    if (first === undefined || last === undefined) return;
    // Ids that are missing were never committed, or are forgotten: only the latter is a loss.
    const isGap = first.id > one.position + 1 && (await eventRange(db)).oldest > one.position + 1;
    one.position = last.id;
    await one.take(isGap ? [resetTo(last.id)] : news.map(shown));
  };

  /** Whoever is furthest behind is read for: the others have had it, and wait for some batches at most. */
  const readOn = async (): Promise<boolean> => {
    const from = Math.min(...[...listening].map(({ position }) => position));
    const events = await readEvents(db, from, BATCH);
    await Promise.all([...listening].map((one) => give(one, events)));
    return events.length === BATCH;
  };

  /** Reads until nobody listens. Where the store cannot be read, its clients wait, and miss nothing. */
  const read = async (): Promise<void> => {
    isReading = true;
    const stop = deps.onChange(written.ring);
    const round = async (): Promise<number> => {
      while (listening.size > 0 && (await readOn()));
      return READ_AT_LEAST_EVERY_MS;
    };
    const meaning = 'the dashboard and other listeners hear nothing new';
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
