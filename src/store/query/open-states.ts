import { expressionBuilder } from 'kysely';
import { literal } from './fragments.ts';
import type { Tables } from '../tables/tables.ts';

const eb = expressionBuilder<Tables, 'deployments'>();
const QUEUED = literal('queued');
const UPDATING = literal('updating');
const VERIFYING = literal('verifying');

/**
 * The open states of a deployment, exactly as in the partial indexes: SQLite matches those by their text, and then
 * skips all ended deployments.
 */
export const IS_QUEUED = eb('state', '=', QUEUED);
export const IS_UNDER_WAY = eb('state', 'in', [UPDATING, VERIFYING]);
/** Either of them, for a row that is found in another way. */
export const IS_OPEN = eb('state', 'in', [QUEUED, UPDATING, VERIFYING]);
