import type { Db } from '../../store/sqlite/open-store.ts';

/** The right of this instance to do one kind of work, while it has it. */
export type Lease = {
  readonly name: string;
  /** The store: what is written through it is written only while the lease is held, checked in the same transaction. */
  readonly db: Db;
  /**
   * To be asked directly before something is sent that cannot be taken back: whether enough of the lease is left, by a
   * clock that only goes forward. Waits for one renewal where it is not; never rejects.
   */
  readonly mayAct: () => Promise<boolean>;
  /**
   * For so many ms from now the holder before, which did not leave the lease, may still send what it was about to send
   * when it stood still. 0 where it left.
   */
  readonly othersMayActMs: () => number;
};

/** Does work while this instance holds a lease; the store and the signal are those of the lease. */
export type Hold = (
  name: string,
  work: (db: Db, signal: AbortSignal) => Promise<void>,
) => Promise<void>;

/** That of a process which has the store for itself, and for tests. */
export const holdAll =
  (db: Db, signal: AbortSignal): Hold =>
  (_name, work) =>
    work(db, signal);

/** That of a process which has the store for itself, and for tests. */
export const ownLease = (db: Db, name = 'own'): Lease => ({
  name,
  db,
  mayAct: async () => true,
  othersMayActMs: () => 0,
});
