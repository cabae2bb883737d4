import { type AcceptedDelivery, BacklogFull, type NewDelivery } from '../core/delivery.ts';
import { askForLook, insertDelivery, type LookTiming, type Pushed } from './insert-deliveries.ts';
import type { Db, Query } from './open-store.ts';
import { IGNORED_KEPT, pruneIgnored } from './prune-ignored.ts';

/** Looks that may wait before senders are asked to come again. */
const BACKLOG = 10_000;
const RETRY_AFTER_SECONDS = 10;

export type IntakeOptions = LookTiming & {
  /** Every configured cluster. */
  readonly clusters: readonly string[];
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
  const pushed = new Map<string, Pushed>();
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
            : await insertDelivery(query, delivery, options.clusters, pushed),
        );
      }
      // Once for each repository, however many of the batch are about it.
      for (const one of pushed.values()) await askForLook(query, options, one);
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
  if (pushed.size > 0) options.onWork(new Set([...pushed.values()].map(({ cluster }) => cluster)));
};

const countPending = async (query: Query): Promise<number> => {
  const row = await query
    .selectFrom('look_work')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('state', '=', 'pending')
    .executeTakeFirstOrThrow();
  return row.count;
};
