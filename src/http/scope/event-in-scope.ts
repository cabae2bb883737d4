import { isClusterInScope, isInScope, type Scope } from '../../core/contract/scope.ts';
import type { FeedEvent } from '../ports/ports.ts';

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** For these, only the fact of a change is passed on. The client then reads what is in its scope. */
const HINTS: ReadonlySet<string> = new Set([
  'delivery',
  'push',
  'check',
  'published',
  'run',
  'freeze',
  'action',
]);

/** Each is about one service. */
const SERVICES: ReadonlySet<string> = new Set(['deployment', 'step', 'health', 'waiting', 'vote']);

/** Events that are not about any service. */
const FOR_ALL: ReadonlySet<string> = new Set(['reset', 'store']);

/**
 * The part of an event that a client with a limited token gets, or null if it gets nothing. Unknown events are not
 * passed on.
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
