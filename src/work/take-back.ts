import type { Digest } from '../core/digest.ts';
import type { Failed } from '../core/follow.ts';
import { leavesService } from '../core/rollout/failure-reason.ts';
import { mayTakeBack } from '../core/labels.ts';
import { type Observation, specDigest } from '../core/service.ts';
import { addStepOnWay, type Deployment, type Intent } from '../store/deployments.ts';
import { isOneRedeployLater, readProven } from '../store/proven.ts';
import { advanceUpdate } from './advance-update.ts';
import { fail } from './end-rollout.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/** The engine took the update back: well where it went to what is proven, else we do better. */
export const engineRolledBack = async (
  deps: RolloutDeps,
  deployment: Deployment,
  intent: Intent,
  status: { readonly message: string; readonly task: Failed['task']; readonly runs: Digest | null },
  seen: Observation,
  signal: AbortSignal,
): Promise<void> => {
  const failed: Failed = {
    reason: status.task?.reason ?? 'engine-rollback',
    message: status.message,
    task: status.task,
  };
  const proven = (await readProven(deps.db, deployment.cluster)).get(deployment.serviceId);
  const isWell = proven === undefined || status.runs === proven.digest;
  if (!isWell) return conclude(deps, deployment, intent, failed, seen, signal);
  const detail = { rolledBackTo: status.runs, by: 'engine', proven: proven !== undefined };
  return fail(deps, deployment, 'rolled-back', failed, seen.service, detail, signal);
};

/**
 * The engine stopped on its way back. Where that led to what is proven, we know no better; else it was to
 * an update of ours that this one took the place of.
 */
export const engineCouldNotRollBack = async (
  deps: RolloutDeps,
  deployment: Deployment,
  intent: Intent,
  status: Failed,
  seen: Observation,
  signal: AbortSignal,
): Promise<void> => {
  const proven = (await readProven(deps.db, deployment.cluster)).get(deployment.serviceId);
  const present = specDigest(seen.service);
  const isLeft = proven === undefined || present === proven.digest;
  const { message, task } = status;
  const failed: Failed = isLeft
    ? status
    : { reason: task?.reason ?? 'engine-rollback', message: task?.message ?? message, task };
  return conclude(deps, deployment, intent, failed, seen, signal);
};

/** Ends a failed update, after taking the service back to its proven digest where that may be done. */
export const conclude = async (
  deps: RolloutDeps,
  deployment: Deployment,
  intent: Intent,
  failed: Failed,
  seen: Observation | null,
  signal: AbortSignal,
): Promise<void> => {
  if (intent.failed !== null) {
    const detail = { takeBackFailed: failed.message };
    return fail(deps, deployment, 'failed', intent.failed, seen?.service ?? null, detail, signal);
  }
  if (seen === null) return fail(deps, deployment, 'failed', failed, null, {}, signal);
  return takeBack(deps, deployment, failed, seen, signal);
};

export const takeBack = async (
  deps: RolloutDeps,
  deployment: Deployment,
  failed: Failed,
  seen: Observation,
  signal: AbortSignal,
): Promise<void> => {
  const proven = (await readProven(deps.db, deployment.cluster)).get(deployment.serviceId);
  const present = specDigest(seen.service);
  const why = leavesService(failed.reason)
    ? 'the service is left as it is'
    : !mayTakeBack(seen.service)
      ? 'the label cd-helper.rollback is off'
      : proven === undefined
        ? 'no digest is proven for this service'
        : proven.digest === deployment.to && present === deployment.to
          ? 'it runs the proven digest'
          : deps.cluster.capabilities.setsDigest || isOneRedeployLater(proven, seen.service)
            ? null
            : 'this cluster can only go back to the previous spec, which is not the last good one';
  if (why !== null || proven === undefined) {
    return fail(deps, deployment, 'failed', failed, seen.service, { notTakenBack: why }, signal);
  }
  await addStepOnWay(deps.db, deployment.id, deps.clock.now(), 'taking-back', {
    to: proven.digest,
    reason: failed.reason,
    message: failed.message,
  });
  await advanceUpdate(
    deps,
    deployment,
    seen,
    { phase: 'back', target: proven.digest, failed },
    signal,
  );
};
