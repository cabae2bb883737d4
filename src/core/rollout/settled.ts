import type { Digest } from '../image/digest.ts';
import { follow, MONITOR_DEFAULT_MS } from './follow.ts';
import { type Observation, specDigest } from '../swarm/service.ts';

/** The monitor period of a service, ms. */
export const monitorOf = ({ updatePolicy }: Observation['service']): number =>
  updatePolicy?.monitorMs ?? MONITOR_DEFAULT_MS;

/**
 * How long a service has been converged on the digest that its spec names, in ms; null if it is not, or if the cluster
 * does not report that. A job that is done has been so forever.
 *
 * @param now ms since the epoch, by our clock
 */
export const settledFor = (seen: Observation, now: number): number | null => {
  const { service, tasks } = seen;
  const state = service.update?.state ?? null;
  const target = specDigest(service);
  if (target === null || tasks === null) return null;
  if (state !== null && state !== 'completed' && state !== 'rollback_completed') return null;
  // Judged like an update to the present spec that settled long ago.
  const settled = { target, replaced: target, intentVersion: -1, madeAfter: 0, settledSince: 0 };
  const status = follow({ ...seen, service: { ...service, update: null } }, settled, now);
  // If nothing runs, nothing is proven.
  if (status.kind !== 'converged' || status.running === 0) return null;
  const running = tasks.filter((task) => task.desired === 'running' && task.state === 'running');
  return running.reduce(
    (least, task) => Math.min(least, (seen.at ?? now) - Date.parse(task.since)),
    Number.POSITIVE_INFINITY,
  );
};

/**
 * The digest on which a service is converged at this moment; null if it is not, or if the cluster does not report what
 * runs. A task that has just started proves nothing yet.
 *
 * @param now ms since the epoch, by our clock
 */
export const settledDigest = (seen: Observation, now: number): Digest | null => {
  const forMs = settledFor(seen, now);
  return forMs !== null && forMs >= monitorOf(seen.service) ? specDigest(seen.service) : null;
};
