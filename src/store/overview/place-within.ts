import { isInScope, type Scope } from '../../core/contract/scope.ts';

/**
 * Whether a row is in a scope; null limits nothing. It filters rows that were read by their time: in the query, SQLite
 * would search by the cluster instead, and read all deployments that it ever had.
 */
export const isPlaceWithin =
  (within: Scope | null) =>
  (place: { readonly cluster: string; readonly stack: string | null }): boolean =>
    within === null || isInScope(within, place);
