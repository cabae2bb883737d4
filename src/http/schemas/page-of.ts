import type { PageRequest } from '../../core/contract/list-filters.ts';
import type { Page } from '../../core/contract/views.ts';

/**
 * A page of a complete list whose items have unique keys. If the item that the page follows was removed, the list
 * starts again, so nothing is missed.
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
