import { sql } from 'kysely';
import type { Db } from './open-store.ts';

export type Retention = {
  readonly ageMs: number;
  /** Ended deployments that are kept at most. */
  readonly deployments: number;
  /** Size of the store's file that is not exceeded, in bytes. */
  readonly bytes: number;
};

/** Deliveries that asked for nothing are kept as a sample; their count is kept for ever. */
const IGNORED_KEPT = 1_000;
/** Removed in one commit at most, so that hooks never wait long for the store. */
const BATCH = 500;

/**
 * Removes history that is older, more or larger than wanted, oldest first; never what is still to be
 * done. Returns how many deliveries and deployments went. To be called from time to time.
 */
export const prune = async (db: Db, retention: Retention, now: number): Promise<number> => {
  let removed = await pruneIgnored(db);
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
  while ((await usedBytes(db)) > retention.bytes) {
    const gone = (await removeDeliveries(db, now)) + (await removeDeployments(db, now));
    if (gone === 0) break;
    removed += gone;
  }
  return removed;
};

const inBatches = async (removeBatch: () => Promise<number>): Promise<number> => {
  let total = 0;
  for (;;) {
    const gone = await removeBatch();
    total += gone;
    if (gone < BATCH) return total;
  }
};

const pruneIgnored = async (db: Db): Promise<number> => {
  const gone = await db
    .deleteFrom('deliveries')
    .where('counted', '=', 0)
    .where('id', '<', (eb) =>
      eb
        .selectFrom('deliveries as kept')
        .select('kept.id')
        .where('kept.counted', '=', 0)
        .orderBy('kept.id', 'desc')
        .offset(IGNORED_KEPT - 1)
        .limit(1),
    )
    .executeTakeFirst();
  return Number(gone.numDeletedRows);
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
  const runs = await db.deleteFrom('runs').where('ended_at', '<', before).executeTakeFirst();
  const actions = await db.deleteFrom('actions').where('at', '<', before).executeTakeFirst();
  const holds = await db.deleteFrom('holds').where('released_at', '<', before).executeTakeFirst();
  return (
    Number(runs.numDeletedRows) + Number(actions.numDeletedRows) + Number(holds.numDeletedRows)
  );
};

const countEnded = async (db: Db): Promise<number> => {
  const { count } = await db
    .selectFrom('deployments')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('ended_at', 'is not', null)
    .executeTakeFirstOrThrow();
  return count;
};

/** Bytes of the file that hold something: freed pages are used again. */
const usedBytes = async (db: Db): Promise<number> => {
  const { rows } = await sql<{ used: number }>`
    SELECT (page_count - freelist_count) * page_size AS used
    FROM pragma_page_count, pragma_freelist_count, pragma_page_size`.execute(db);
  return rows[0]?.used ?? 0;
};
