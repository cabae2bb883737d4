import type { Failed } from '../core/follow.ts';
import type { Observation } from '../core/service.ts';
import { type Deployment, postpone } from '../store/deployments.ts';
import { fail } from './end-rollout.ts';
import { observeService } from './observe-service.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/** After this long without the cluster a deployment is given up. */
export const GIVE_UP_MS = 24 * 3_600_000;
/**
 * However old it is, as after a freeze of days, it is given up only after as many tries in a row: some
 * minutes.
 */
const LEAST_TRIES = 40;
/** A cluster that gave no answer is asked again after this, and up to as much more. */
const AGAIN_MS = 2_000;
const AGAIN_SPREAD_MS = 8_000;

/** Observes the service; on trouble with the cluster puts the deployment off and answers `later`. */
export const observe = async (
  deps: RolloutDeps,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<Observation | 'removed' | 'later'> => {
  const seen = await observeService(deps.cluster, deployment.serviceId, signal);
  if (seen === 'removed' || !('problem' in seen)) return seen;
  await putOff(
    deps,
    deployment,
    seen.problem,
    Math.round(AGAIN_MS + deps.random() * AGAIN_SPREAD_MS),
  );
  return 'later';
};

/** Leaves a deployment until later, or gives it up where it has waited too long. */
export const putOff = async (
  deps: RolloutDeps,
  deployment: Deployment,
  problem: string,
  afterMs: number,
): Promise<void> => {
  const now = deps.clock.now();
  if (now - deployment.queuedAt > GIVE_UP_MS && deployment.attempts >= LEAST_TRIES) {
    const failed: Failed = { reason: 'deadline', message: problem, task: null };
    await fail(deps, deployment, 'failed', failed, null, {}, AbortSignal.abort());
    return;
  }
  deps.log.warn('deployment put off', { deployment: deployment.id, problem });
  await postpone(deps.db, deployment.id, now, afterMs);
};
