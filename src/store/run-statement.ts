import { CompiledQuery } from 'kysely';
import type { Query } from './open-store.ts';

/**
 * Runs a statement that stands as it is in the source, for the few places where the making of a query
 * costs more than the query: those that run for each of thousands of hooks. Gives what it returns.
 */
export const runStatement = async <Row>(
  query: Query,
  text: string,
  values: readonly (string | number | null)[],
): Promise<readonly Row[]> =>
  (await query.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows;
