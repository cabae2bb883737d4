import { pruneMembers } from '../published/seen-indexes.ts';
import { pruneUnfit } from '../holds/unfit-images.ts';
import { pruneLastChecks } from '../check-queue/last-checks.ts';
import type { Db } from '../sqlite/open-store.ts';
import { pruneSeen } from '../published/seen-digests.ts';
import { pruneWaitingTriggers } from '../gates/waiting-triggers.ts';
import { pruneChecks } from './prune-checks.ts';
import { type HistoryKind, kindsBySize } from './history-sizes.ts';
import { pruneActions } from './prune-actions.ts';
import { pruneIgnored } from './prune-ignored.ts';
import type { RawBuilder } from 'kysely';
import { reservedBytes, usedBytes } from '../query/fragments.ts';

export type Retention = {
  readonly ageMs: number;
  /** Maximum number of ended deployments to keep. */
  readonly deployments: number;
  /** Maximum size of the store in bytes; see `usedBytes`. */
  readonly bytes: number;
};

/** Maximum number of rows removed in one commit, so webhooks never wait long for the store. */
const BATCH = 500;

/**
 * Removes history that exceeds the limits of age, number or size, oldest first, but never pending work. Returns how
 * many deliveries and deployments were removed. Call it from time to time.
 */
export const prune = async (db: Db, retention: Retention, now: number): Promise<number> => {
  let removed = await pruneIgnored(db);
  await pruneMembers(db);
  await pruneUnfit(db);
  await pruneLastChecks(db, now);
  const before = now - retention.ageMs;
  removed += await inBatches(() => removeDeliveries(db, before));
  removed += await inBatches(() => removeDeployments(db, before));
  removed += await pruneRest(db, before);
  const excess = (await countEnded(db)) - retention.deployments;
  for (let left = excess; left > 0; ) {
    const gone = await removeDeployments(db, now, Math.min(left, BATCH));
    if (gone === 0) break;
    removed += gone;
    left -= gone;
  }
  return removed + (await pruneBytes(db, retention.bytes, now));
};

/**
 * Removes history, oldest first, until the rest fits. Each step removes an eighth of the time range of the kind that
 * exceeds its share the most, so that no kind pushes out another, however fast it grows.
 */
const pruneBytes = async (db: Db, bytes: number, now: number): Promise<number> => {
  let removed = 0;
  /** Kinds with nothing left to remove. */
  const spent = new Set<HistoryKind>();
  if ((await readBytes(db, reservedBytes())) <= bytes) return 0;
  while ((await readBytes(db, usedBytes())) > bytes) {
    const kind = (await kindsBySize(db)).find((one) => !spent.has(one));
    if (kind === undefined) break;
    const gone = await removeOldest(db, kind, now);
    if (gone === 0) spent.add(kind);
    removed += gone;
  }
  return removed;
};

/**
 * Removes the oldest eighth of a kind's time range, or more if nothing in it may be removed. Returns how many rows were
 * removed; 0 if none may be.
 */
const removeOldest = async (db: Db, kind: HistoryKind, now: number): Promise<number> => {
  for (let before = await oldestAt(db, kind, now); before < now; ) {
    before += Math.max(1, Math.ceil((now - before) / 8));
    const until = before;
    const gone = await REMOVE[kind](db, until);
    if (gone > 0) return gone;
  }
  return 0;
};

const REMOVE: Readonly<Record<HistoryKind, (db: Db, before: number) => Promise<number>>> = {
  deliveries: (db, before) => inBatches(() => removeDeliveries(db, before)),
  deployments: (db, before) => inBatches(() => removeDeployments(db, before)),
  runs: (db, before) => removeRuns(db, before),
  actions: (db, before) => removeActions(db, before),
};

/** When the oldest item of a kind was created, or ended; `now` if there is none. */
const oldestAt = async (db: Db, kind: HistoryKind, now: number): Promise<number> => {
  const { at } = await OLDEST[kind](db);
  return at ?? now;
};

const OLDEST: Readonly<Record<HistoryKind, (db: Db) => Promise<{ readonly at: number | null }>>> = {
  deliveries: (db) =>
    db
      .selectFrom('deliveries')
      .select((eb) => eb.fn.min('received_at').as('at'))
      .executeTakeFirstOrThrow(),
  deployments: (db) =>
    db
      .selectFrom('deployments')
      .select((eb) => eb.fn.min('ended_at').as('at'))
      .executeTakeFirstOrThrow(),
  runs: (db) =>
    db
      .selectFrom('runs')
      .select((eb) => eb.fn.min('ended_at').as('at'))
      .executeTakeFirstOrThrow(),
  actions: (db) =>
    db
      .selectFrom('actions')
      .select((eb) => eb.fn.min('at').as('at'))
      .executeTakeFirstOrThrow(),
};

const inBatches = async (removeBatch: () => Promise<number>): Promise<number> => {
  let total = 0;
  for (;;) {
    const gone = await removeBatch();
    total += gone;
    if (gone < BATCH) return total;
  }
};

/** The oldest deliveries before a time that have no waiting push. */
const removeDeliveries = async (db: Db, before: number): Promise<number> => {
  const gone = await db
    .deleteFrom('deliveries')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('deliveries as old')
        .select('old.id')
        .where('old.received_at', '<', before)
        .where('old.id', 'not in', (waiting) =>
          waiting
            .selectFrom('push_results')
            .innerJoin('pushes', 'pushes.id', 'push_results.push_id')
            .select('pushes.delivery_id')
            .where('push_results.state', '=', 'waiting'),
        )
        .orderBy('old.id')
        .limit(BATCH),
    )
    .executeTakeFirst();
  return Number(gone.numDeletedRows);
};

/** The oldest ended deployments before a time. The last deployment of a service is never removed. */
const removeDeployments = async (db: Db, before: number, most = BATCH): Promise<number> => {
  const gone = await db
    .deleteFrom('deployments')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('deployments as old')
        .select('old.id')
        .where('old.ended_at', '<', before)
        .where('old.id', 'not in', (latest) =>
          latest
            .selectFrom('deployments as newest')
            .select((max) => max.fn.max('newest.id').as('id'))
            .groupBy(['newest.cluster', 'newest.service_id']),
        )
        .orderBy('old.id')
        .limit(most),
    )
    .executeTakeFirst();
  return Number(gone.numDeletedRows);
};

const pruneRest = async (db: Db, before: number): Promise<number> => {
  const runs = await removeRuns(db, before);
  const actions = await removeActions(db, before);
  const holds = await db.deleteFrom('holds').where('released_at', '<', before).executeTakeFirst();
  const freezes = await db
    .deleteFrom('freezes')
    .where((eb) => eb.or([eb('ended_at', '<', before), eb('until', '<', before)]))
    .executeTakeFirst();
  await pruneChecks(db);
  await pruneSeen(db, before);
  await pruneWaitingTriggers(db, before);
  const rest = [holds, freezes].map(({ numDeletedRows }) => Number(numDeletedRows));
  return rest.reduce((sum, gone) => sum + gone, runs + actions + (await pruneActions(db)));
};

const removeActions = async (db: Db, before: number): Promise<number> => {
  const gone = await db.deleteFrom('actions').where('at', '<', before).executeTakeFirst();
  return Number(gone.numDeletedRows);
};

/** Small, because a run may contain every service of a cluster. */
const RUNS_AT_ONCE = 20;

/** Removes runs that ended before a time. */
const removeRuns = async (db: Db, before: number): Promise<number> => {
  let removed = 0;
  for (;;) {
    const { numDeletedRows } = await db
      .deleteFrom('runs')
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('runs as old')
          .select('old.id')
          .where('old.ended_at', '<', before)
          .orderBy('old.id')
          .limit(RUNS_AT_ONCE),
      )
      .executeTakeFirst();
    removed += Number(numDeletedRows);
    if (numDeletedRows < RUNS_AT_ONCE) return removed;
  }
};

const countEnded = async (db: Db): Promise<number> => {
  const { count } = await db
    .selectFrom('deployments')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('ended_at', 'is not', null)
    .executeTakeFirstOrThrow();
  return count;
};

const readBytes = async (db: Db, bytes: RawBuilder<number>): Promise<number> => {
  const { count } = await db.selectNoFrom(bytes.as('count')).executeTakeFirstOrThrow();
  return count;
};
