import { healthUrgency } from '../../../src/core/health/health-words.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';

/** Whether fewer tasks run than should; a job that has ended runs none, and should not. */
export const isShort = ({ replicas, mode }: ServiceView): boolean =>
  replicas !== null && !mode.endsWith('-job') && replicas.running < replicas.desired;

const HELD_BY_FAILURE = 'known-bad';

/** Of health the three that want a person, each before every verdict. */
const CALM = 3;

/** How much a service wants a person, the lowest the most: failing, then obsolete, then what cannot be told. */
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
