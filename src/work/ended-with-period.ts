import { follow, type Rollout, type RolloutStatus } from '../core/follow.ts';
import { condemnsDigest } from '../core/rollout/failure-reason.ts';
import type { Observation } from '../core/service.ts';
import { observeService } from './observe-service.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/**
 * The engine ends the monitor period by what it was told until then, and of a container that has ended its
 * node tells it a moment later: such news is gathered for 100 ms. By this time it is known.
 */
const TOLD_LATE_MS = 300;

/** Whether that an update is done rests on the word of the engine, which has watched its tasks until now. */
export const isEnginesWord = (status: RolloutStatus, { service, tasks }: Observation): boolean =>
  status.kind === 'converged' &&
  status.desired > 0 &&
  service.update?.state === 'completed' &&
  tasks !== null;

/**
 * Whether a task of an update that the engine has just called completed ended together with the monitor
 * period. Whatever else becomes of the service by then is not the update's doing.
 */
export const endedWithPeriod = async (
  { clock, cluster }: Pick<RolloutDeps, 'clock' | 'cluster'>,
  serviceId: string,
  rollout: Rollout,
  signal: AbortSignal,
): Promise<boolean> => {
  await clock.wait(TOLD_LATE_MS, signal);
  const seen = await observeService(cluster, serviceId, signal);
  if (seen === 'removed' || 'problem' in seen) return false;
  const status = follow(seen, rollout, clock.now());
  const trouble = status.kind === 'under-way' ? status.trouble : null;
  return trouble !== null && condemnsDigest(trouble.reason);
};
