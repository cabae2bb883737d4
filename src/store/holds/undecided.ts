import { expressionBuilder } from 'kysely';
import type { Tables } from '../tables/tables.ts';

/**
 * Whether a row of `waiting` still waits. A wait that was just rejected, or has just expired, is over even before its
 * cluster is checked.
 */
export const isUndecided = () => {
  const eb = expressionBuilder<Tables, 'waiting'>();
  const holds = eb
    .selectFrom('holds')
    .select('holds.id')
    .whereRef('holds.cluster', '=', 'waiting.cluster')
    .whereRef('holds.service_id', '=', 'waiting.service_id')
    .whereRef('holds.digest', '=', 'waiting.digest')
    .whereRef('holds.spec_fingerprint', '=', 'waiting.spec_fingerprint')
    .where('holds.gate', 'is not', null)
    .where('holds.released_at', 'is', null);
  return eb.not(eb.exists(holds));
};
