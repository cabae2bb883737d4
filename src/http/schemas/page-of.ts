import type { PageRequest } from '../../core/contract/list-filters.ts';
import type { Page } from '../../core/contract/views.ts';

/**
 * The part of a list that is at hand as a whole, each item of which has a key of its own. Where the item
 * that the part is asked for after is gone, the list begins anew: nothing is missed.
 */
export const pageOf = <T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { limit, after }: PageRequest,
): Page<T> => {
  const start = after === null ? 0 : items.findIndex((item) => keyOf(item) === after) + 1;
  const shown = items.slice(start, start + limit);
  const last = shown.at(-1);
  const isMore = items.length > start + limit;
  return { items: shown, next: isMore && last !== undefined ? keyOf(last) : null };
};
