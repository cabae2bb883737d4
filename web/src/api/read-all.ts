import type { Page } from '../../../src/core/contract/views.ts';
import { ask } from './ask.ts';
import { query } from './query.ts';

/** The longest part of a list that the API gives at once. */
const PART = 500;
/** Nothing that is read whole has more parts than this. */
const MOST_PARTS = 40;

/** Reads a list from its beginning to its end; `part` is given what there is so far. */
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
    // One part is the very list that was given before, where nothing has changed.
    items = parts === 0 ? page.items : [...items, ...page.items];
    cursor = page.next;
    if (cursor === null) break;
    part(items);
  }
  return items;
};
