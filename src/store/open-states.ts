import { type SqlBool, sql } from 'kysely';

/**
 * The open states of a deployment, in the very words of the partial indexes over them: SQLite finds those
 * by their text, and then reads nothing of what has ended, however much of it is kept.
 */
export const IS_QUEUED = sql<SqlBool>`state = 'queued'`;
export const IS_UNDER_WAY = sql<SqlBool>`state in ('updating', 'verifying')`;
/** One of both; for a row that is found otherwise. */
export const IS_OPEN = sql<SqlBool>`state in ('queued', 'updating', 'verifying')`;
