import type { Page } from '../../../src/core/contract/views.ts';
import { ask } from './ask.ts';
import { query } from './query.ts';

/** The largest page that the API returns. */
const PART = 500;
/** More pages than any list that is read as a whole. */
const MOST_PARTS = 40;

/** Reads a whole list. `part` receives what has arrived so far. */
export const readAll = async <T>(
  path: string,
  filters: Readonly<Record<string, string | null>>,
  signal: AbortSignal,
  part: (items: readonly T[]) => void = () => {},
): Promise<readonly T[]> => {
  let items: readonly T[] = [];
  let cursor: string | null = null;
  for (let parts = 0; parts < MOST_PARTS; parts += 1) {
    const page: Page<T> = await ask<Page<T>>(
      `${path}${query({ ...filters, limit: PART, cursor })}`,
      { signal },
    );
    // A list of one page keeps its identity if nothing has changed.
    items = parts === 0 ? page.items : [...items, ...page.items];
    cursor = page.next;
    if (cursor === null) break;
    part(items);
  }
  return items;
};
