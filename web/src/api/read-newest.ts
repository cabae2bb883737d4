import type { Page } from '../../../src/core/contract/views.ts';
import { ask } from './ask.ts';
import { query } from './query.ts';

const MOST_AT_ONCE = 500;

export type Newest<T> = {
  readonly items: readonly T[];
  readonly hasMore: boolean;
  /** How many entries the list hides unless they are requested; 0 if none. */
  readonly ignored: number;
};

type NewestPage<T> = Page<T> & { readonly ignored?: number };

/** The first `count` entries of a list, requested in pages of at most 500. */
export const readNewest = async <T>(
  path: string,
  filters: Readonly<Record<string, string | null>>,
  count: number,
  signal: AbortSignal,
): Promise<Newest<T>> => {
  let items: readonly T[] = [];
  let cursor: string | null = null;
  let ignored = 0;
  do {
    const limit = Math.min(MOST_AT_ONCE, count - items.length);
    const asked = `${path}${query({ ...filters, limit, cursor })}`;
    const page: NewestPage<T> = await ask<NewestPage<T>>(asked, { signal });
    items = [...items, ...page.items];
    cursor = page.next;
    ignored = page.ignored ?? 0;
  } while (cursor !== null && items.length < count);
  return { items, hasMore: cursor !== null, ignored };
};
