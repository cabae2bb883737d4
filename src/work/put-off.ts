import { ClusterError } from '../core/cluster.ts';
import type { Failed } from '../core/follow.ts';
import type { Observation } from '../core/service.ts';
import { type Deployment, postpone } from '../store/deployments.ts';
import { fail } from './end-rollout.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/** After this long without the cluster a deployment is given up. */
const GIVE_UP_MS = 24 * 3_600_000;
const OBSERVE_TIMEOUT_MS = 15_000;

/** Observes the service; on trouble with the cluster puts the deployment off and answers `later`. */
export const observe = async (
  deps: RolloutDeps,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<Observation | 'removed' | 'later'> => {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(OBSERVE_TIMEOUT_MS)]);
  try {
    return (await deps.cluster.observe(deployment.serviceId, limited)) ?? 'removed';
  } catch (error) {
    if (signal.aborted) throw error;
    if (!(error instanceof ClusterError) && !limited.aborted) throw error;
    const problem = error instanceof ClusterError ? error.message : 'no answer in time';
    await putOff(deps, deployment, problem, 2_000 + deps.random() * 8_000);
    return 'later';
  }
};

/** Leaves a deployment until later, or gives it up where it has waited too long. */
export const putOff = async (
  deps: RolloutDeps,
  deployment: Deployment,
  problem: string,
  afterMs: number,
): Promise<void> => {
  const now = deps.clock.now();
  if (now - deployment.queuedAt > GIVE_UP_MS) {
    const failed: Failed = { reason: 'deadline', message: problem, task: null };
    await fail(deps, deployment, 'failed', failed, null, {}, AbortSignal.abort());
    return;
  }
  deps.log.warn('deployment put off', { deployment: deployment.id, problem });
  await postpone(deps.db, deployment.id, now + afterMs);
};
