import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type AcceptedDelivery,
  BacklogFull,
  type NewDelivery,
} from '../../core/contract/delivery.ts';
import { askForChecks, type CheckTiming } from '../check-queue/ask-for-checks.ts';
import { insertDeliveries } from './insert-deliveries.ts';
import type { Query, Store } from '../sqlite/open-store.ts';
import { IGNORED_KEPT, pruneIgnored } from '../prune/prune-ignored.ts';
import { shareBacklog } from './share-backlog.ts';

const RETRY_AFTER_SECONDS = 10;

export type IntakeOptions = CheckTiming & {
  /** Every configured cluster. */
  readonly clusters: readonly string[];
  /**
   * Called after the commit with the clusters that have work sooner than before. Later commits reach the disk later, so
   * nothing done about the delivery can outlive it.
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
   * Stores a delivery, with the checks that its pushes ask for, in one commit. Fsynced when it resolves. Deliveries
   * that arrive during a commit share the next one, because a commit costs the same for one as for a hundred.
   *
   * Throws {@link BacklogFull} if too many checks wait, in total or for the same secret; then nothing is stored.
   */
  readonly accept: (delivery: NewDelivery) => Promise<AcceptedDelivery>;
  /** Rejects if a delivery could not be stored now, for any reason. Stores nothing. */
  readonly rehearse: () => Promise<void>;
};

export const createIntakeWriter = (
  store: Pick<Store, 'db' | 'durability' | 'tryToWrite'>,
  options: IntakeOptions,
): IntakeWriter => {
  /** The last delivery that could not be stored. Others may still be accepted while ones like it are not. */
  let failed: NewDelivery | null = null;
  let waiting: Waiting[] = [];
  let committing = false;
  let unpruned = 0;

  const commitNext = async (): Promise<void> => {
    // First read what has arrived meanwhile, so that it shares this commit.
    await nextTurn();
    const batch = waiting;
    waiting = [];
    try {
      failed = (await commit(store, options, batch)) ?? failed;
    } catch (error) {
      // Deliveries that already have their answer are not affected.
      for (const { reject } of batch) reject(error);
    }
    unpruned += batch.filter(({ delivery }) => delivery.pushes.length === 0).length;
    // A registry may report every pull. Such deliveries would pile up until the hourly pruning.
    if (unpruned < IGNORED_KEPT) return;
    unpruned = 0;
    // If this fails, the next call or the hourly pruning does it.
    await pruneIgnored(store.db).catch(() => {});
  };

  const commitAll = async (): Promise<void> => {
    try {
      while (waiting.length > 0) await commitNext();
    } finally {
      // Always reset, or no delivery would be committed any more.
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

/** Its id sorts after all others, like that of the next delivery. */
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

/** Thrown to roll back a transaction that succeeded. */
class Undone extends Error {}

const rehearse = async (
  { durability }: Pick<Store, 'durability'>,
  options: IntakeOptions,
  deliveries: readonly NewDelivery[],
): Promise<void> => {
  try {
    await durability.accept(async (query) => {
      const { pushed } = await insertDeliveries(query, deliveries, options.clusters);
      await askForChecks(query, options, pushed);
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
};

/** Returns a delivery of the batch that could not be stored; null if all were, or if a full backlog refused them. */
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
    // A delivery that cannot be stored must not affect the others.
    let failed: NewDelivery | null = null;
    for (const one of batch) failed = (await commit({ durability }, options, [one])) ?? failed;
    return failed;
  }
};

type Taken = {
  readonly answers: readonly (AcceptedDelivery | BacklogFull)[];
  /** The clusters that have work sooner than before. */
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
  const sooner = await askForChecks(query, options, pushed);
  const left = answers.values();
  return {
    answers: isTaken.map(
      (one) => (one && left.next().value) || new BacklogFull(RETRY_AFTER_SECONDS),
    ),
    clusters: new Set(sooner.map(({ cluster }) => cluster)),
  };
};
