import type { Scope } from '../../core/contract/scope.ts';
import type { Beginning, DayView, OverviewView } from '../../core/contract/overview.ts';
import type { Page } from '../../core/contract/views.ts';
import { needsPerson } from '../../core/overview/rank-lanes.ts';
import { DAY_MS, readDay } from '../../store/overview/read-day.ts';
import { readRollouts } from '../../store/overview/read-rollouts.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { Reads } from '../../core/contract/reads.ts';
import { WHOLE_LIST } from './inspect.ts';

/** Of each list. More do not fit on a page that is looked at. */
const MOST = 20;
const FIRST = { limit: MOST, after: null };
const DAYS = 30;
/** A deployment that was queued on an earlier day may still end. */
const PAST_KEPT_MS = 600_000;

/** The last 30 days, with today's as it is now. */
export type ReadDays = (within: Scope | null) => Promise<readonly DayView[]>;

const startOfDay = (at: number): number => Math.floor(at / DAY_MS) * DAY_MS;

const daysBefore = async (
  db: Db,
  today: number,
  within: Scope | null,
): Promise<readonly DayView[]> => {
  const days: DayView[] = [];
  for (let ago = DAYS - 1; ago > 0; ago -= 1) {
    days.push(await readDay(db, today - ago * DAY_MS, within));
  }
  return days;
};

type Kept = {
  readonly today: number;
  readonly at: number;
  readonly days: Promise<readonly DayView[]>;
};

/**
 * Past days are read at most once in ten minutes for each scope, because they hardly change and a month may have
 * thousands of deployments.
 *
 * @param now ms since the epoch
 */
export const createReadDays = (db: Db, now: () => number): ReadDays => {
  const kept = new Map<string, Kept>();
  const past = (today: number, at: number, within: Scope | null): Kept['days'] => {
    const key = JSON.stringify(within);
    const before = kept.get(key);
    if (before?.today === today && Math.abs(at - before.at) < PAST_KEPT_MS) return before.days;
    for (const [other, { at: readAt }] of kept) {
      if (Math.abs(at - readAt) >= PAST_KEPT_MS) kept.delete(other);
    }
    const days = daysBefore(db, today, within);
    kept.set(key, { today, at, days });
    days.catch(() => kept.delete(key));
    return days;
  };
  return async (within) => {
    const at = now();
    const today = startOfDay(at);
    const days = await past(today, at, within);
    return [...days, await readDay(db, today, within)];
  };
};

export type OverviewDeps = {
  readonly db: Db;
  readonly reads: Pick<Reads, 'listServices' | 'listWaiting' | 'listFreezes'>;
  readonly readDays: ReadDays;
  /** Null limits nothing. */
  readonly within: Scope | null;
  /** ms since the epoch. */
  readonly now: () => number;
};

const beginningOf = <T>({ items, next }: Page<T>): Beginning<T> => ({
  items,
  isWhole: next === null,
});

/** Everything that the overview shows besides the lanes. Each list is cut to its first 20 items. */
export const readOverview = async ({
  db,
  reads,
  readDays,
  within,
  now,
}: OverviewDeps): Promise<OverviewView> => {
  const [services, rollouts, waiting, freezes, days] = await Promise.all([
    reads.listServices({}, WHOLE_LIST),
    readRollouts(db, MOST, within, now()),
    reads.listWaiting({}, FIRST),
    reads.listFreezes(FIRST),
    readDays(within),
  ]);
  const troubles = services.items.filter(needsPerson);
  return {
    services: services.items.length,
    troubles: { items: troubles.slice(0, MOST), isWhole: troubles.length <= MOST },
    rollouts,
    waiting: beginningOf(waiting),
    freezes: beginningOf(freezes),
    days,
  };
};
