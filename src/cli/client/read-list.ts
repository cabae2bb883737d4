import type { Page } from '../../core/contract/views.ts';
import type { ApiClient, Query } from './api-client.ts';

const BIGGEST_PAGE = 500;

/** Up to `most` entries of a list, page by page; yields each page as soon as it arrives. */
export async function* readPages<T>(
  api: ApiClient,
  path: string,
  query: Query,
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly T[], void, undefined> {
  let count = 0;
  let cursor: string | null = null;
  do {
    const limit = Math.min(BIGGEST_PAGE, most - count);
    const page: Page<T> = await api.get<Page<T>>(path, { ...query, limit, cursor });
    yield page.items;
    count += page.items.length;
    cursor = page.items.length === 0 ? null : page.next;
  } while (cursor !== null && count < most);
}

/** Up to `most` entries of a list, over as many pages as necessary. */
export const readList = async <T>(
  api: ApiClient,
  path: string,
  query: Query,
  most = Number.POSITIVE_INFINITY,
): Promise<T[]> => {
  const items: T[] = [];
  for await (const page of readPages<T>(api, path, query, most)) items.push(...page);
  return items;
};
