import type { Db } from '../../store/sqlite/open-store.ts';

/** The right of this instance to do one kind of work, while it holds the lease. */
export type Lease = {
  readonly name: string;
  /** The store. Writes through it succeed only while the lease is held; the same transaction checks that. */
  readonly db: Db;
  /**
   * Ask directly before an irreversible send: whether enough of the lease is left, by a monotonic clock. If not, it
   * waits for one renewal. Never rejects.
   */
  readonly mayAct: () => Promise<boolean>;
  /**
   * For how many ms from now the previous holder, which did not release the lease, may still send what it was about
   * to send when it was paused. 0 if it released the lease.
   */
  readonly othersMayActMs: () => number;
};

/** Runs work while this instance holds a lease. The store and the signal belong to the lease. */
export type Hold = (
  name: string,
  work: (db: Db, signal: AbortSignal) => Promise<void>,
) => Promise<void>;

/** Runs the work at once, without a lease: for a process that has the store for itself, and for tests. */
export const holdAll =
  (db: Db, signal: AbortSignal): Hold =>
  (_name, work) =>
    work(db, signal);

/** A lease that never ends: for a process that has the store for itself, and for tests. */
export const ownLease = (db: Db, name = 'own'): Lease => ({
  name,
  db,
  mayAct: async () => true,
  othersMayActMs: () => 0,
});
