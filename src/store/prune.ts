import { pruneMembers } from './seen-indexes.ts';
import type { Db } from './open-store.ts';
import { pruneChecks } from './checks/prune-checks.ts';
import { pruneIgnored } from './prune-ignored.ts';
import { usedBytes } from './query/fragments.ts';

export type Retention = {
  readonly ageMs: number;
  /** Ended deployments that are kept at most. */
  readonly deployments: number;
  /** Size of the store's file that is not exceeded, in bytes. */
  readonly bytes: number;
};

/** Removed in one commit at most, so that hooks never wait long for the store. */
const BATCH = 500;

/**
 * Removes history that is older, more or larger than wanted, oldest first; never what is still to be
 * done. Returns how many deliveries and deployments went. To be called from time to time.
 */
export const prune = async (db: Db, retention: Retention, now: number): Promise<number> => {
  let removed = await pruneIgnored(db);
  await pruneMembers(db);
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

/** Removes history of every kind, oldest first and an eighth of its time at once, until the rest fits. */
const pruneBytes = async (db: Db, bytes: number, now: number): Promise<number> => {
  let removed = 0;
  let before = await oldestAt(db, now);
  while (before < now && (await readUsedBytes(db)) > bytes) {
    before += Math.max(1, Math.ceil((now - before) / 8));
    const until = before;
    removed += await inBatches(() => removeDeliveries(db, until));
    removed += await inBatches(() => removeDeployments(db, until));
    removed += await removeRuns(db, until);
  }
  return removed;
};

const oldestAt = async (db: Db, now: number): Promise<number> => {
  const { first, second, third } = await db
    .selectNoFrom((eb) => [
      eb
        .selectFrom('deliveries')
        .select((min) => min.fn.min('received_at').as('at'))
        .as('first'),
      eb
        .selectFrom('deployments')
        .select((min) => min.fn.min('ended_at').as('at'))
        .as('second'),
      eb
        .selectFrom('runs')
        .select((min) => min.fn.min('ended_at').as('at'))
        .as('third'),
    ])
    .executeTakeFirstOrThrow();
  return Math.min(first ?? now, second ?? now, third ?? now);
};

const inBatches = async (removeBatch: () => Promise<number>): Promise<number> => {
  let total = 0;
  for (;;) {
    const gone = await removeBatch();
    total += gone;
    if (gone < BATCH) return total;
  }
};

/** The oldest deliveries before a time of which no push waits. */
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

/** The oldest ended deployments before a time. What a service was deployed last is never forgotten. */
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
  const actions = await db.deleteFrom('actions').where('at', '<', before).executeTakeFirst();
  const holds = await db.deleteFrom('holds').where('released_at', '<', before).executeTakeFirst();
  const freezes = await db
    .deleteFrom('freezes')
    .where((eb) => eb.or([eb('ended_at', '<', before), eb('until', '<', before)]))
    .executeTakeFirst();
  await pruneChecks(db);
  const rest = [actions, holds, freezes].map(({ numDeletedRows }) => Number(numDeletedRows));
  return rest.reduce((sum, gone) => sum + gone, runs);
};

/** A run may hold every service of a cluster. */
const RUNS_AT_ONCE = 20;

/** Ended runs before a time. */
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

const readUsedBytes = async (db: Db): Promise<number> => {
  const { used } = await db.selectNoFrom(usedBytes().as('used')).executeTakeFirstOrThrow();
  return used;
};
