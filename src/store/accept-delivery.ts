import { type AcceptedDelivery, BacklogFull, type NewDelivery } from '../core/delivery.ts';
import { imageName } from '../core/image-reference.ts';
import { lookAfterHook } from '../core/look-timing.ts';
import type { Db, Query } from './open-store.ts';
import { IGNORED_KEPT, pruneIgnored } from './prune-ignored.ts';

/** A sender's own delivery id is remembered this long. */
const REMEMBERED_MS = 7 * 24 * 3_600_000;
/** Looks that may wait before senders are asked to come again. */
const BACKLOG = 10_000;
const RETRY_AFTER_SECONDS = 10;

export type IntakeOptions = {
  /** Every configured cluster. */
  readonly clusters: readonly string[];
  readonly now: () => number;
  /** When the last look of a repository on a cluster began, ms since the epoch, or null. */
  readonly lastLookAt: (cluster: string, name: string) => number | null;
  /** Called after the commit with the clusters that have new work. */
  readonly onWork: (clusters: ReadonlySet<string>) => void;
};

type Waiting = {
  readonly delivery: NewDelivery;
  readonly resolve: (accepted: AcceptedDelivery) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Returns the function that puts a delivery on disk, with the looks that its pushes ask for, in one
 * commit: when it resolves, no crash loses it. Deliveries that come while a commit is under way share
 * the next one, because a commit costs the same for one as for a hundred.
 *
 * The function throws {@link BacklogFull} where too many looks wait, and nothing is kept.
 */
export const createIntakeWriter = (
  db: Db,
  options: IntakeOptions,
): ((delivery: NewDelivery) => Promise<AcceptedDelivery>) => {
  let waiting: Waiting[] = [];
  let committing = false;
  let unpruned = 0;

  const commitAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      unpruned += batch.filter(({ delivery }) => delivery.pushes.length === 0).length;
      // A registry tells of every pull: what is pruned from time to time would swell until then.
      const isTime = unpruned >= IGNORED_KEPT;
      if (isTime) unpruned = 0;
      await commit(db, options, batch, isTime);
    }
    committing = false;
  };

  return (delivery) =>
    new Promise((resolve, reject) => {
      waiting.push({ delivery, resolve, reject });
      if (committing) return;
      committing = true;
      setImmediate(() => void commitAll());
    });
};

const commit = async (
  db: Db,
  options: IntakeOptions,
  batch: readonly Waiting[],
  isTimeToPrune: boolean,
): Promise<void> => {
  const touched = new Set<string>();
  try {
    const accepted = await db.transaction().execute(async (query) => {
      const free = BACKLOG - (await countPending(query));
      const answers: (AcceptedDelivery | BacklogFull)[] = [];
      for (const { delivery } of batch) {
        // Each delivery asks for at most as many looks as it has pushes and clusters.
        const full = answers.length >= free && delivery.pushes.length > 0;
        answers.push(
          full
            ? new BacklogFull(RETRY_AFTER_SECONDS)
            : await insertDelivery(query, options, delivery, touched),
        );
      }
      if (isTimeToPrune) await pruneIgnored(query);
      return answers;
    });
    for (const [index, { resolve, reject }] of batch.entries()) {
      const answer = accepted[index];
      if (answer === undefined || answer instanceof BacklogFull) reject(answer);
      else resolve(answer);
    }
  } catch (error) {
    for (const { reject } of batch) reject(error);
    return;
  }
  if (touched.size > 0) options.onWork(touched);
};

const countPending = async (query: Query): Promise<number> => {
  const row = await query
    .selectFrom('look_work')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('state', '=', 'pending')
    .executeTakeFirstOrThrow();
  return row.count;
};

const insertDelivery = async (
  query: Query,
  options: IntakeOptions,
  delivery: NewDelivery,
  touched: Set<string>,
): Promise<AcceptedDelivery> => {
  const receivedAt = Date.parse(delivery.receivedAt);
  const duplicateOf = await findDuplicate(query, delivery, receivedAt);
  const counted = delivery.pushes.length > 0;
  await query
    .insertInto('deliveries')
    .values({
      id: delivery.id,
      received_at: receivedAt,
      sender: delivery.sender,
      secret: delivery.secret,
      address: delivery.address,
      status: delivery.status,
      sender_delivery_id: delivery.senderDeliveryId,
      duplicate_of: duplicateOf,
      headers: counted ? JSON.stringify(delivery.headers) : null,
      body: counted ? delivery.body : null,
      ignored: JSON.stringify(delivery.ignored),
      counted: counted ? 1 : 0,
    })
    .execute();
  if (!counted) await countIgnored(query, delivery, receivedAt);
  for (const push of delivery.pushes) {
    const name = imageName(push.image);
    const { id } = await query
      .insertInto('pushes')
      .values({
        delivery_id: delivery.id,
        name,
        tag: push.image.tag,
        digest: push.digest,
        received_at: receivedAt,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    if (duplicateOf !== null) continue;
    for (const cluster of delivery.clusters ?? options.clusters) {
      await query
        .insertInto('push_results')
        .values({
          push_id: id,
          cluster,
          name,
          state: 'waiting',
          outcome: null,
          detail: null,
          ended_at: null,
        })
        .execute();
      await askForLook(query, options, cluster, name);
      touched.add(cluster);
    }
  }
  return { id: delivery.id, duplicateOf };
};

const findDuplicate = async (
  query: Query,
  delivery: NewDelivery,
  receivedAt: number,
): Promise<string | null> => {
  if (delivery.senderDeliveryId === null) return null;
  const row = await query
    .selectFrom('deliveries')
    .select('id')
    .where('sender', '=', delivery.sender)
    // One registry may tell two secrets for different clusters of one event, and nobody may use up the
    // ids of another.
    .where('secret', '=', delivery.secret)
    .where('sender_delivery_id', '=', delivery.senderDeliveryId)
    .where('duplicate_of', 'is', null)
    .where('received_at', '>', receivedAt - REMEMBERED_MS)
    .executeTakeFirst();
  return row?.id ?? null;
};

const countIgnored = async (
  query: Query,
  delivery: NewDelivery,
  receivedAt: number,
): Promise<void> => {
  for (const { reason } of delivery.ignored) {
    await query
      .insertInto('ignored_counts')
      .values({
        sender: delivery.sender,
        secret: delivery.secret,
        reason,
        count: 1,
        last_at: receivedAt,
      })
      .onConflict((conflict) =>
        conflict.columns(['sender', 'secret', 'reason']).doUpdateSet((eb) => ({
          count: eb('ignored_counts.count', '+', 1),
          last_at: receivedAt,
        })),
      )
      .execute();
  }
};

/** A hook resets its repository's look to now, or to the end of the burst that it belongs to. */
export const askForLook = async (
  query: Query,
  options: IntakeOptions,
  cluster: string,
  name: string,
): Promise<void> => {
  const now = options.now();
  const pending = await query
    .selectFrom('look_work')
    .select(['id', 'run_at', 'asked_at'])
    .where('cluster', '=', cluster)
    .where('name', '=', name)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  const askedAt = pending?.asked_at ?? now;
  const runAt = lookAfterHook(now, options.lastLookAt(cluster, name), askedAt);
  if (pending === undefined) {
    await query
      .insertInto('look_work')
      .values({
        cluster,
        name,
        state: 'pending',
        run_at: runAt,
        asked_at: now,
        attempts: 0,
        last_error: null,
      })
      .execute();
    return;
  }
  // A follow-up that is due sooner serves the hook as well.
  const run_at = pending.asked_at === null ? Math.min(pending.run_at, runAt) : runAt;
  await query
    .updateTable('look_work')
    .set({ run_at, asked_at: askedAt, attempts: 0 })
    .where('id', '=', pending.id)
    .execute();
};
