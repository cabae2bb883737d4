import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type AcceptedDelivery,
  BacklogFull,
  type NewDelivery,
} from '../../core/contract/delivery.ts';
import { askForLooks, type LookTiming } from '../check-queue/ask-for-looks.ts';
import { insertDeliveries } from './insert-deliveries.ts';
import type { Query, Store } from '../sqlite/open-store.ts';
import { IGNORED_KEPT, pruneIgnored } from '../prune/prune-ignored.ts';
import { shareBacklog } from './share-backlog.ts';

const RETRY_AFTER_SECONDS = 10;

export type IntakeOptions = LookTiming & {
  /** Every configured cluster. */
  readonly clusters: readonly string[];
  /**
   * Called after the commit with the clusters that have work sooner than before. Whatever is committed later reaches
   * the disk later, so that nothing done about it outlives it.
   */
  readonly onWork: (clusters: ReadonlySet<string>) => void;
};

type Waiting = {
  readonly delivery: NewDelivery;
  readonly resolve: (accepted: AcceptedDelivery) => void;
  readonly reject: (error: unknown) => void;
};

export type IntakeWriter = {
  /**
   * Puts a delivery on disk, with the looks that its pushes ask for, in one commit: when it resolves, no
   * crash loses it. Deliveries that come while a commit is under way share the next one, because a commit
   * costs the same for one as for a hundred.
   *
   * Throws {@link BacklogFull} where too many looks wait, or too many of the same secret, and nothing is kept.
   */
  readonly accept: (delivery: NewDelivery) => Promise<AcceptedDelivery>;
  /** Rejects where a delivery could not be stored now, whatever the reason; nothing of it stays. */
  readonly rehearse: () => Promise<void>;
};

export const createIntakeWriter = (
  store: Pick<Store, 'db' | 'durability' | 'tryToWrite'>,
  options: IntakeOptions,
): IntakeWriter => {
  /** The one that last could not be stored: others may be taken while such as it are not. */
  let failed: NewDelivery | null = null;
  let waiting: Waiting[] = [];
  let committing = false;
  let unpruned = 0;

  const commitNext = async (): Promise<void> => {
    // What has arrived meanwhile is read first, so that it shares this commit.
    await nextTurn();
    const batch = waiting;
    waiting = [];
    try {
      failed = (await commit(store, options, batch)) ?? failed;
    } catch (error) {
      // Those that have their answer do not hear of it.
      for (const { reject } of batch) reject(error);
    }
    unpruned += batch.filter(({ delivery }) => delivery.pushes.length === 0).length;
    // A registry tells of every pull: what is pruned from time to time would swell until then.
    if (unpruned < IGNORED_KEPT) return;
    unpruned = 0;
    // Where it fails, the next time or the hourly one does it.
    await pruneIgnored(store.db).catch(() => {});
  };

  const commitAll = async (): Promise<void> => {
    try {
      while (waiting.length > 0) await commitNext();
    } finally {
      // Whatever happened: else no delivery would be committed any more.
      committing = false;
    }
  };

  return {
    accept: (delivery) =>
      new Promise((resolve, reject) => {
        waiting.push({ delivery, resolve, reject });
        if (committing) return;
        committing = true;
        void commitAll();
      }),
    rehearse: async () => {
      const again = failed;
      await rehearse(store, options, again === null ? [REHEARSED] : [again, REHEARSED]);
      await store.tryToWrite();
      if (failed === again) failed = null;
    },
  };
};

/** Its id sorts after all others, as that of the next delivery will. */
const REHEARSED: NewDelivery = {
  id: 'ffffffff-ffff-7fff-bfff-ffffffffffff',
  receivedAt: '2100-01-01T00:00:00Z',
  sender: 'rehearsal',
  secret: 'rehearsal',
  address: '::1',
  status: 202,
  headers: {},
  body: '{}',
  pushes: [
    {
      image: { registry: 'invalid', repository: 'rehearsal', tag: 'rehearsal', digest: null },
      digest: null,
    },
  ],
  ignored: [],
  senderDeliveryId: 'rehearsal',
  clusters: null,
};

/** Thrown to have a transaction rolled back that did all that it should. */
class TakenBack extends Error {}

const rehearse = async (
  { durability }: Pick<Store, 'durability'>,
  options: IntakeOptions,
  deliveries: readonly NewDelivery[],
): Promise<void> => {
  try {
    await durability.accept(async (query) => {
      const { pushed } = await insertDeliveries(query, deliveries, options.clusters);
      await askForLooks(query, options, pushed);
      throw new TakenBack();
    });
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error;
  }
};

/** Gives a delivery of the batch that could not be stored; null where all were, or a full backlog refused them. */
const commit = async (
  { durability }: Pick<Store, 'durability'>,
  options: IntakeOptions,
  batch: readonly Waiting[],
): Promise<NewDelivery | null> => {
  const deliveries = batch.map(({ delivery }) => delivery);
  try {
    const { result, onDisk } = await durability.accept((query) => take(query, options, deliveries));
    if (result.clusters.size > 0) options.onWork(result.clusters);
    await onDisk;
    for (const [index, { resolve, reject }] of batch.entries()) {
      const answer = result.answers[index];
      if (answer === undefined || answer instanceof BacklogFull) reject(answer);
      else resolve(answer);
    }
    return null;
  } catch (error) {
    const [only, ...others] = batch;
    if (only === undefined) return null;
    if (others.length === 0) {
      only.reject(error);
      return only.delivery;
    }
    // One that cannot be stored takes no other with it.
    let failed: NewDelivery | null = null;
    for (const one of batch) failed = (await commit({ durability }, options, [one])) ?? failed;
    return failed;
  }
};

type Taken = {
  readonly answers: readonly (AcceptedDelivery | BacklogFull)[];
  /** Those that have work sooner than before. */
  readonly clusters: ReadonlySet<string>;
};

const take = async (
  query: Query,
  options: IntakeOptions,
  deliveries: readonly NewDelivery[],
): Promise<Taken> => {
  const isTaken = await shareBacklog(query, deliveries, options.clusters);
  const taken = deliveries.filter((_, index) => isTaken[index]);
  const { answers, pushed } = await insertDeliveries(query, taken, options.clusters);
  const sooner = await askForLooks(query, options, pushed);
  const left = answers.values();
  return {
    answers: isTaken.map(
      (one) => (one && left.next().value) || new BacklogFull(RETRY_AFTER_SECONDS),
    ),
    clusters: new Set(sooner.map(({ cluster }) => cluster)),
  };
};
