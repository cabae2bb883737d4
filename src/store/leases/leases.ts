import type { Selectable } from 'kysely';
import type { Db, Query } from '../sqlite/open-store.ts';
import type { LeaseRow } from '../query/schema.ts';
import { forgetOthers, type Instance, seeInstance } from './instances.ts';
import { byDatabase, readNow, type StoreTime } from './store-time.ts';

/** A lease as an instance holds it. */
export type HeldLease = {
  readonly name: string;
  /** Fencing token. */
  readonly epoch: number;
};

export type TakenLease = HeldLease & {
  /** Whether the holder before did not leave it, but stopped to renew it: it may still believe that it works. */
  readonly isTakenOver: boolean;
};

export type LeaseWish = {
  readonly instance: Instance;
  /** What it holds and works on. */
  readonly renew: readonly HeldLease[];
  /** What it would work on. */
  readonly take: readonly string[];
  /** How long a lease lives that is not renewed; null where no other process can have the store: then all are taken, for ever. */
  readonly lifeMs: number | null;
  readonly time?: StoreTime;
};

export type KeptLeases = {
  /** What the database's clock showed, ms since the epoch. */
  readonly now: number;
  /** Those of `renew` that were renewed; the others are lost. */
  readonly renewed: readonly HeldLease[];
  readonly taken: readonly TakenLease[];
};

/**
 * Puts down that the instance lives, renews what it holds, and takes what is free. A lease is a row, so it works behind
 * a pooler; times are the database's, so clocks of instances may differ.
 */
export const keepLeases = (db: Db, wish: LeaseWish): Promise<KeptLeases> =>
  db.transaction().execute(async (query) => {
    const { instance, lifeMs } = wish;
    // After the turn of this transaction has come: nobody else changes a lease until it ends.
    const now = await readNow(query, wish.time ?? byDatabase);
    const rows = await query.selectFrom('leases').selectAll().execute();
    const until = lifeMs === null ? null : now + lifeMs;
    await seeInstance(query, instance, now);
    if (lifeMs === null) await forgetOthers(query, instance.id);

    const renewed = wish.renew.filter((held) =>
      rows.some((row) => isHeldBy(row, instance.id, held) && isAlive(row, now)),
    );
    for (const { name } of renewed) {
      await query.updateTable('leases').set({ until }).where('name', '=', name).execute();
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

/** One of its own that it does not know of was taken by a commit whose answer never came. */
const isFree = (row: Selectable<LeaseRow>, id: string, now: number): boolean =>
  row.holder === null || row.holder === id || !isAlive(row, now);

/** Leaves leases to whoever wants them. */
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

/** The instance ends: it is forgotten. */
export const forgetInstance = async (db: Db, id: string): Promise<void> => {
  await db.deleteFrom('instances').where('id', '=', id).execute();
};

/** A query that finds something while the instance holds the lease, by the database's clock. */
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
  /** Null where nobody works on it. */
  readonly holder: string | null;
  readonly epoch: number;
  /** Since when, ms since the epoch. */
  readonly since: number;
  /** ms since the epoch; null where it has no end. */
  readonly until: number | null;
};

/** All leases that there ever were, by name, and what the database's clock shows. A holder whose time is over holds none. */
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
