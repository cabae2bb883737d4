import type { Page } from '../../../src/core/views.ts';
import { ask } from './ask.ts';
import { query } from './query.ts';

const MOST_AT_ONCE = 500;

export type Newest<T> = { readonly items: readonly T[]; readonly hasMore: boolean };

/** The first `count` of a list, at most 500 of which are asked for at once. */
export const readNewest = async <T>(
  path: string,
  filters: Readonly<Record<string, string | null>>,
  count: number,
  signal: AbortSignal,
): Promise<Newest<T>> => {
  let items: readonly T[] = [];
  let cursor: string | null = null;
  do {
    const limit = Math.min(MOST_AT_ONCE, count - items.length);
    const page: Page<T> = await ask<Page<T>>(`${path}${query({ ...filters, limit, cursor })}`, {
      signal,
    });
    items = [...items, ...page.items];
    cursor = page.next;
  } while (cursor !== null && items.length < count);
  return { items, hasMore: cursor !== null };
};
