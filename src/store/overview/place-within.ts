import type { Within } from '../../core/contract/list-filters.ts';

/**
 * Whether a row is in a scope; null limits nothing. It filters rows that were read by their time: in the query, SQLite
 * would search by the cluster instead, and read all deployments that it ever had.
 */
export const isPlaceWithin =
  (within: Within | null) =>
  ({ cluster, stack }: { readonly cluster: string; readonly stack: string | null }): boolean =>
    within === null ||
    (within.clusters.includes(cluster) &&
      (within.stacks === null || (stack !== null && within.stacks.includes(stack))));
