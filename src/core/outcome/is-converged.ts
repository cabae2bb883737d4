import type { Digest } from '../image/digest.ts';
import { follow, MONITOR_DEFAULT_MS } from '../rollout/follow.ts';
import { type Observation, specDigest } from '../swarm/service.ts';

/**
 * Whether every task of a service has run one of these digests for the time in which the engine watches a new task for
 * failure. For a cluster that reports no tasks, its counts decide.
 *
 * @param now ms since the epoch, by our clock
 */
export const isConverged = (
  seen: Observation,
  digests: readonly Digest[],
  now: number,
): boolean => {
  const { service, tasks } = seen;
  const state = service.update?.state ?? null;
  const isAtRest = state === null || state === 'completed' || state === 'rollback_completed';
  const target = specDigest(service);
  if (!isAtRest || (target !== null && !digests.includes(target))) return false;
  const watched = (seen.at ?? now) - (service.updatePolicy?.monitorMs ?? MONITOR_DEFAULT_MS);
  const isNew = (tasks ?? []).some(
    (task) =>
      task.desired === 'running' && task.state === 'running' && Date.parse(task.since) > watched,
  );
  if (isNew) return false;
  // Judged like an update to the present spec that settled long ago.
  const settled = { target, replaced: target, intentVersion: -1, madeAfter: 0, settledSince: 0 };
  return (
    follow({ ...seen, service: { ...service, update: null } }, settled, now).kind === 'converged'
  );
};
