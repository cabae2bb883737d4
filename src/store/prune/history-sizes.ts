import type { ExpressionBuilder } from 'kysely';
import type { Db } from '../sqlite/open-store.ts';
import type { Tables } from '../tables/tables.ts';

/** The kinds of history that only the size of the store limits, oldest first within each. */
export const HISTORY_KINDS = ['deliveries', 'deployments', 'runs', 'actions'] as const;
export type HistoryKind = (typeof HISTORY_KINDS)[number];

/**
 * Each kind's share of the total if not everything fits. People come back for deployments, and the audit is small;
 * senders and people can create deliveries and runs at any rate.
 */
const SHARES: Readonly<Record<HistoryKind, number>> = {
  deliveries: 0.4,
  deployments: 0.3,
  runs: 0.2,
  actions: 0.1,
};

/** The size of a row without its long texts, including its indexes. Only the proportion matters. */
const ROW = 250;

type Texts<T extends keyof Tables> = readonly (keyof Tables[T] & string)[];

/** Approximate size of a table in bytes: its rows and the content of its long columns. */
const sizeOf = async <T extends keyof Tables>(
  db: Db,
  table: T,
  texts: Texts<T>,
): Promise<number> => {
  const columns = (eb: ExpressionBuilder<Tables, keyof Tables>) =>
    texts.map((name) =>
      eb.fn.coalesce(
        eb.fn.sum<number>(eb.fn<number>('octet_length', [eb.ref(`${table}.${name}` as never)])),
        eb.lit(0),
      ),
    );
  const rows = await db
    .selectFrom<keyof Tables>(table)
    .select((eb) => [
      eb.fn.countAll<number>().as('rows'),
      ...columns(eb as never).map((sum, index) => sum.as(`text${index}`)),
    ])
    .executeTakeFirstOrThrow();
  const { rows: count, ...sums } = rows as Readonly<Record<string, number>>;
  return Object.values(sums).reduce((all, sum) => all + sum, (count ?? 0) * ROW);
};

/** The kinds by how far they exceed their share, the furthest first: the order in which to remove history. */
export const kindsBySize = async (db: Db): Promise<readonly HistoryKind[]> => {
  const sizes: Readonly<Record<HistoryKind, number>> = {
    deliveries:
      (await sizeOf(db, 'deliveries', ['headers', 'body', 'ignored'])) +
      (await sizeOf(db, 'pushes', [])) +
      (await sizeOf(db, 'push_results', ['detail'])) +
      (await sizeOf(db, 'check_services', ['detail'])),
    deployments:
      (await sizeOf(db, 'deployments', ['intent', 'failure', 'changes', 'build'])) +
      (await sizeOf(db, 'deployment_steps', ['detail'])),
    runs:
      (await sizeOf(db, 'runs', ['request', 'progress'])) +
      (await sizeOf(db, 'run_services', ['view'])) +
      (await sizeOf(db, 'run_plans', ['services', 'counts'])),
    actions: await sizeOf(db, 'actions', ['detail', 'target']),
  };
  return HISTORY_KINDS.toSorted((a, b) => sizes[b] / SHARES[b] - sizes[a] / SHARES[a]);
};
