import { z } from 'zod';
import type { PageRequest } from '../../core/contract/list-filters.ts';
import type { Page } from '../../core/contract/views.ts';
import { parseCursor, printCursor } from './cursor.ts';

const DEFAULT_LIMIT = 50;
const MOST = 500;
const LONGEST_FILTER = 255;

/** Parameters of every list besides its filters. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(MOST).default(DEFAULT_LIMIT),
  cursor: z.string().optional(),
};

/** For lists that are short by nature: all items are returned unless the limit is lower. */
export const wholePaging = {
  ...paging,
  limit: z.coerce.number().int().min(1).max(MOST).default(MOST),
};

export const filterText = z.string().min(1).max(LONGEST_FILTER).optional();

const FIRST = Date.parse('0000-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** Accepts any offset. Internally, times are UTC and compare as text, which works up to the year 9999. */
export const givenTime = z.iso.datetime({ offset: true }).refine(
  (text) => {
    const at = Date.parse(text);
    // An invalid time is already reported.
    return Number.isNaN(at) || (at >= FIRST && at <= LAST);
  },
  { error: 'expected a time that is in the years 0000 to 9999 of UTC' },
);
export const filterTime = givenTime.optional();

export const inUtc = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : new Date(text).toISOString();

export const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item).readonly(), next: z.string().nullable() });

export const toPageRequest = (query: {
  limit: number;
  cursor?: string | undefined;
}): PageRequest => ({
  limit: query.limit,
  after: query.cursor === undefined ? null : parseCursor(query.cursor),
});

export const showPage = <T>({ items, next }: Page<T>): Page<T> => ({
  items,
  next: next === null ? null : printCursor(next),
});
