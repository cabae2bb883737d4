import { expressionBuilder } from 'kysely';
import { literal } from './fragments.ts';
import type { Tables } from './schema.ts';

const eb = expressionBuilder<Tables, 'deployments'>();
const QUEUED = literal('queued');
const UPDATING = literal('updating');
const VERIFYING = literal('verifying');

/**
 * The open states of a deployment, as the partial indexes over them have them: SQLite finds those by their
 * text, and then reads nothing of what has ended, however much of it is kept.
 */
export const IS_QUEUED = eb('state', '=', QUEUED);
export const IS_UNDER_WAY = eb('state', 'in', [UPDATING, VERIFYING]);
/** One of both; for a row that is found otherwise. */
export const IS_OPEN = eb('state', 'in', [QUEUED, UPDATING, VERIFYING]);
