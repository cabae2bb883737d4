import { CompiledQuery, type DatabaseConnection } from 'kysely';
import type { Fence } from '../../../../src/store/query/fenced-driver.ts';
import type { Db } from '../../../../src/store/sqlite/open-store.ts';

export type NotedLease = { readonly name: string; readonly holder: string; readonly epoch: number };

/** A law: nothing is written in the name of a lease after another instance has taken it. */
export type LeaseNotes = {
  /** The same store, with a note on each of its queries that it belongs to this lease. */
  readonly note: (fence: Fence, db: Db) => Db;
  readonly leaseOf: (query: CompiledQuery) => NotedLease | null;
  /** Call it directly before the commit, while nobody else can write. */
  readonly judge: (connection: DatabaseConnection, lease: NotedLease) => Promise<void>;
};

export const createLeaseNotes = (onBroken: (what: string) => void): LeaseNotes => {
  const leases = new WeakMap<CompiledQuery['queryId'], NotedLease>();
  return {
    note: ({ isOpen }, db) => {
      const [name, holder, epoch] = isOpen.parameters;
      const lease = { name: String(name), holder: String(holder), epoch: Number(epoch) };
      return db.withPlugin({
        transformQuery: ({ node, queryId }) => {
          leases.set(queryId, lease);
          return node;
        },
        transformResult: async ({ result }) => result,
      });
    },
    leaseOf: ({ queryId }) => leases.get(queryId) ?? null,
    judge: async (connection, { name, holder, epoch }) => {
      const { rows } = await connection.executeQuery<{ holder: string | null; epoch: number }>(
        CompiledQuery.raw(
          'select holder, cast(epoch as int) as epoch from cd_helper.leases where name = $1',
          [name],
        ),
      );
      const [row] = rows;
      if (row?.holder === holder && row.epoch === epoch) return;
      const is = `${row?.holder ?? 'nobody'} has it since epoch ${row?.epoch}`;
      onBroken(`${holder} writes under ${name} of epoch ${epoch}, but ${is}`);
    },
  };
};
