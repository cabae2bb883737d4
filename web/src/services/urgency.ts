import { healthUrgency } from '../../../src/core/health/health-words.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';

/** Whether fewer tasks run than desired. A job that has ended should run none. */
export const isShort = ({ replicas, mode }: ServiceView): boolean =>
  replicas !== null && !mode.endsWith('-job') && replicas.running < replicas.desired;

const HELD_BY_FAILURE = 'known-bad';

/** The health values below this need a person. They rank before every verdict. */
const CALM = 3;

/**
 * How urgently a service needs a person; the lowest number is the most urgent: bad health, then diverged or short of
 * tasks, held after a failure, obsolete, and the rest.
 */
export const urgency = (service: ServiceView): number => {
  const health = healthUrgency(service) - CALM;
  if (health < 0) return health;
  const { verdict, reason } = service;
  if (verdict === 'updating') return 4;
  if (verdict === 'diverged' || isShort(service)) return 0;
  if (verdict === 'held') return reason === HELD_BY_FAILURE ? 1 : 3;
  if (verdict === 'obsolete') return 2;
  if (verdict === 'unknown' || verdict === 'waiting') return 3;
  return verdict === 'current' ? 5 : 6;
};
