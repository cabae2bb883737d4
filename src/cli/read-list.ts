import type { Page } from '../core/views.ts';
import type { ApiClient, Query } from './api-client.ts';

const BIGGEST_PAGE = 500;

/** Up to `most` entries of a list, over as many pages as that takes. */
export const readList = async <T>(
  api: ApiClient,
  path: string,
  query: Query,
  most = Number.POSITIVE_INFINITY,
): Promise<T[]> => {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const limit = Math.min(BIGGEST_PAGE, most - items.length);
    const page: Page<T> = await api.get<Page<T>>(path, { ...query, limit, cursor });
    items.push(...page.items);
    cursor = page.items.length === 0 ? null : page.next;
  } while (cursor !== null && items.length < most);
  return items;
};
