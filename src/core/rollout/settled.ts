import type { Digest } from '../image/digest.ts';
import { follow, MONITOR_DEFAULT_MS } from './follow.ts';
import { type Observation, specDigest } from '../swarm/service.ts';

/** The monitor period of a service, ms. */
export const monitorOf = ({ updatePolicy }: Observation['service']): number =>
  updatePolicy?.monitorMs ?? MONITOR_DEFAULT_MS;

/**
 * For how long a service has stood converged with the digest that its spec names, ms, or null where it does not, or
 * where that is not told. A job that is done has stood for ever.
 *
 * @param now ms since the epoch, by our clock
 */
export const settledFor = (seen: Observation, now: number): number | null => {
  const { service, tasks } = seen;
  const state = service.update?.state ?? null;
  const target = specDigest(service);
  if (target === null || tasks === null) return null;
  if (state !== null && state !== 'completed' && state !== 'rollback_completed') return null;
  // Judged as an update to what the spec says would be, had it settled long ago.
  const settled = { target, replaced: target, intentVersion: -1, madeAfter: 0, settledSince: 0 };
  const status = follow({ ...seen, service: { ...service, update: null } }, settled, now);
  // Where nothing runs, nothing is proven, however well the service stands.
  if (status.kind !== 'converged' || status.running === 0) return null;
  const running = tasks.filter((task) => task.desired === 'running' && task.state === 'running');
  return running.reduce(
    (least, task) => Math.min(least, (seen.at ?? now) - Date.parse(task.since)),
    Number.POSITIVE_INFINITY,
  );
};

/**
 * The digest with which a service stands converged at this moment, or null where it does not, or where what runs is
 * not told. A task that has just come up shows nothing yet, whatever it goes on to do.
 *
 * @param now ms since the epoch, by our clock
 */
export const settledDigest = (seen: Observation, now: number): Digest | null => {
  const forMs = settledFor(seen, now);
  return forMs !== null && forMs >= monitorOf(seen.service) ? specDigest(seen.service) : null;
};
