import type { Digest } from './digest.ts';
import { follow, MONITOR_DEFAULT_MS } from './rollout/follow.ts';
import type { Observation } from './service.ts';

/**
 * The digest with which a service stands converged at this moment, which makes it proven, or null
 * where it does not, or where what runs is not told.
 *
 * @param now ms since the epoch, by our clock
 */
export const settledDigest = (seen: Observation, now: number): Digest | null => {
  const { service, tasks } = seen;
  const state = service.update?.state ?? null;
  if (!service.image.ok || service.image.image.digest === null || tasks === null) return null;
  if (state !== null && state !== 'completed' && state !== 'rollback_completed') return null;
  const target = service.image.image.digest;
  // A task that has just come up has proven nothing yet, whatever it goes on to do.
  const watched = (seen.at ?? now) - (service.updatePolicy?.monitorMs ?? MONITOR_DEFAULT_MS);
  const running = tasks.filter((task) => task.desired === 'running' && task.state === 'running');
  if (running.some((task) => Date.parse(task.since) > watched)) return null;
  // Judged as an update to what the spec says would be, had it settled long ago.
  const settled = { target, replaced: target, intentVersion: -1, madeAfter: 0, settledSince: 0 };
  const at = { ...seen, service: { ...service, update: null } };
  const status = follow(at, settled, now);
  // Where nothing runs, nothing is proven, however well the service stands.
  return status.kind === 'converged' && status.running > 0 ? target : null;
};
