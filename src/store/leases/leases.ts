import type { Selectable } from 'kysely';
import type { Db, Query } from '../sqlite/open-store.ts';
import type { LeaseRow } from '../tables/instances.ts';
import { forgetOthers, type Instance, seeInstance } from './instances.ts';
import { byDatabase, readNow, type StoreTime } from './store-time.ts';

/** A lease held by an instance. */
export type HeldLease = {
  readonly name: string;
  /** Fencing token. */
  readonly epoch: number;
};

export type TakenLease = HeldLease & {
  /** Whether the previous holder stopped renewing it instead of releasing it: it may still believe that it holds it. */
  readonly isTakenOver: boolean;
};

export type LeaseWish = {
  readonly instance: Instance;
  /** The leases that it holds. */
  readonly renew: readonly HeldLease[];
  /** The leases that it wants. */
  readonly take: readonly string[];
  /**
   * How long a lease lives without renewal; null if no other process can have the store. Then all are taken forever.
   */
  readonly lifeMs: number | null;
  readonly time?: StoreTime;
};

export type KeptLeases = {
  /** The time of the database's clock, ms since the epoch. */
  readonly now: number;
  /** The leases of `renew` that were renewed. The others are lost. */
  readonly renewed: readonly HeldLease[];
  readonly taken: readonly TakenLease[];
};

/**
 * Records the instance's heartbeat, renews its leases, and takes free ones. A lease is a row, so it works behind a
 * pooler. Times are the database's, so the clocks of instances may differ.
 */
export const keepLeases = (db: Db, wish: LeaseWish): Promise<KeptLeases> =>
  db.transaction().execute(async (query) => {
    const { instance, lifeMs } = wish;
    // Read after this transaction has got its turn: nobody else changes a lease until it ends.
    const now = await readNow(query, wish.time ?? byDatabase);
    const rows = await query.selectFrom('leases').selectAll().execute();
    const until = lifeMs === null ? null : now + lifeMs;
    await seeInstance(query, instance, now);
    if (lifeMs === null) await forgetOthers(query, instance.id);

    const renewed = wish.renew.filter((held) =>
      rows.some((row) => isHeldBy(row, instance.id, held) && isAlive(row, now)),
    );
    if (renewed.length > 0) {
      const names = renewed.map(({ name }) => name);
      await query.updateTable('leases').set({ until }).where('name', 'in', names).execute();
    }
    const taken: TakenLease[] = [];
    for (const name of wish.take) {
      const row = rows.find((one) => one.name === name);
      if (row !== undefined && lifeMs !== null && !isFree(row, instance.id, now)) continue;
      const epoch = (row?.epoch ?? 0) + 1;
      const lease = { name, holder: instance.id, epoch, since: now, until };
      await query
        .insertInto('leases')
        .values(lease)
        .onConflict((conflict) => conflict.column('name').doUpdateSet(lease))
        .execute();
      const isTakenOver =
        lifeMs !== null && row !== undefined && row.holder !== null && row.holder !== instance.id;
      taken.push({ name, epoch, isTakenOver });
    }
    return { now, renewed, taken };
  });

const isHeldBy = (row: Selectable<LeaseRow>, id: string, { name, epoch }: HeldLease): boolean =>
  row.name === name && row.holder === id && row.epoch === epoch;

const isAlive = ({ until }: Selectable<LeaseRow>, now: number): boolean =>
  until === null || until > now;

/** An own lease that the instance does not know of comes from a commit whose answer never arrived. */
const isFree = (row: Selectable<LeaseRow>, id: string, now: number): boolean =>
  row.holder === null || row.holder === id || !isAlive(row, now);

/** Releases leases for others. */
export const leaveLeases = async (
  db: Db,
  id: string,
  held: readonly HeldLease[],
  time: StoreTime = byDatabase,
): Promise<void> =>
  db.transaction().execute(async (query) => {
    const now = await readNow(query, time);
    for (const { name, epoch } of held) {
      await query
        .updateTable('leases')
        .set({ holder: null, since: now, until: null })
        .where('name', '=', name)
        .where('holder', '=', id)
        .where('epoch', '=', epoch)
        .execute();
    }
  });

/** Removes an instance that ends. */
export const forgetInstance = async (db: Db, id: string): Promise<void> => {
  await db.deleteFrom('instances').where('id', '=', id).execute();
};

/** A query that returns a row while the instance holds the lease, by the database's clock. */
export const holdsLease = (
  db: Db,
  id: string,
  { name, epoch }: HeldLease,
  time: StoreTime = byDatabase,
) =>
  db
    .selectFrom('leases')
    .select('epoch')
    .where('name', '=', name)
    .where('holder', '=', id)
    .where('epoch', '=', epoch)
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', time())]))
    .compile();

export type LeaseState = {
  readonly name: string;
  /** Null if nobody works on it. */
  readonly holder: string | null;
  readonly epoch: number;
  /** Since when, ms since the epoch. */
  readonly since: number;
  /** ms since the epoch; null if it has no end. */
  readonly until: number | null;
};

/** All leases that ever existed, by name, and the time of the database's clock. An expired lease has no holder. */
export const readLeases = async (
  db: Query,
  time: StoreTime = byDatabase,
): Promise<{ readonly now: number; readonly leases: readonly LeaseState[] }> => {
  const rows = await db
    .selectFrom('leases')
    .selectAll()
    .select(time().as('now'))
    .orderBy('name')
    .execute();
  const now = rows[0]?.now ?? (await readNow(db, time));
  const leases = rows.map((row) => {
    const { name, epoch, since, until } = row;
    return { name, epoch, since, until, holder: isAlive(row, now) ? row.holder : null };
  });
  return { now, leases };
};
