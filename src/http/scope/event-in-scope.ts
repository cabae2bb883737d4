import { isClusterInScope, isInScope, type Scope } from '../../core/contract/scope.ts';
import type { FeedEvent } from '../ports/ports.ts';

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Of these only that something has changed: which of them are in the scope is read anew. */
const HINTS: ReadonlySet<string> = new Set([
  'delivery',
  'push',
  'look',
  'published',
  'run',
  'freeze',
  'action',
]);

/** Each tells of one service. */
const SERVICES: ReadonlySet<string> = new Set(['deployment', 'step', 'health', 'waiting', 'vote']);

/** Events that tell nothing of any service. */
const FOR_ALL: ReadonlySet<string> = new Set(['reset', 'store']);

/**
 * What somebody hears of an event whose token is limited to a scope, or null where it does not concern them. An
 * event that is unknown here is not told.
 */
export const eventInScope = (event: FeedEvent, scope: Scope): FeedEvent | null => {
  const { type, data } = event;
  // The event contains the state of a cluster as the API shows it.
  const cluster = textOf(data[type === 'cluster' ? 'name' : 'cluster']);
  if (FOR_ALL.has(type)) return event;
  if (cluster !== null && !isClusterInScope(scope, cluster)) return null;
  if (HINTS.has(type)) return { ...event, data: {} };
  if (cluster === null) return null;
  if (type === 'cluster') return event;
  const isService = SERVICES.has(type);
  return isService && isInScope(scope, { cluster, stack: textOf(data['stack']) }) ? event : null;
};
