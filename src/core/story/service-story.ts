import { type WentBack, wentBack } from './went-back.ts';
import type { DeploymentView, RollbackView, ServiceView } from '../contract/views.ts';
import { isFailure } from './deployment-states.ts';
import { isFinal } from '../contract/final-state.ts';

/** How a service came to run its present image, according to its history. */
export type ServiceStory = {
  /** The deployment that brought the running image, or went back to it; null if it was none of ours. */
  readonly origin: DeploymentView | null;
  /** Set if `origin` went back to the running image: who did that. */
  readonly back: WentBack | null;
  /** The deployment in progress. */
  readonly underWay: DeploymentView | null;
  /** The newest attempt, if it failed. */
  readonly failed: DeploymentView | null;
  /** The good image that a rollback would go to; null if none is known. */
  readonly before: string | null;
  /** Its tag; null if unknown. */
  readonly beforeTag: string | null;
  /** If no good image is known: the newest digest of the history that a person may name; null if there is none. */
  readonly mayName: string | null;
};

/**
 * The digest on which a deployment left its service, if its record says so: null if it changed nothing, or if the next
 * deployment tells it.
 */
const leftOn = (deployment: DeploymentView, running: string | null): string | null => {
  const { state, to, startedAt, steps } = deployment;
  if (state === 'succeeded') return to;
  if (state === 'rolled-back') return wentBack(deployment)?.to ?? null;
  if (state !== 'failed') return null;
  const end = steps.findLast(({ step }) => step === 'failed')?.detail ?? {};
  const stays = 'notTakenBack' in end || 'takeBackFailed' in end;
  return stays || (startedAt !== null && to === running) ? to : null;
};

/** @param deployments of this service, newest first */
export const tellStory = (
  { running }: Pick<ServiceView, 'running'>,
  deployments: readonly DeploymentView[],
  { targets, others }: Pick<RollbackView, 'targets' | 'others'>,
): ServiceStory => {
  const ended = deployments.filter(isFinal);
  const newest = ended.find(({ state }) => state !== 'superseded' && state !== 'skipped');
  const inProgress = deployments.find((one) => !isFinal(one)) ?? null;
  // The newest deployment whose result is known: after it, only somebody else can have changed the digest.
  const last = ended.find((one) => leftOn(one, running) !== null);
  const isOfLast = last !== undefined && running !== null && leftOn(last, running) === running;
  const isOfPresent = running !== null && inProgress !== null && inProgress.to === running;
  const origin = isOfLast ? last : isOfPresent ? inProgress : null;
  const failed = newest !== undefined && isFailure(newest) ? newest : null;
  return {
    origin,
    back: origin === null ? null : wentBack(origin),
    underWay: inProgress,
    failed,
    before: targets[0]?.digest ?? null,
    beforeTag: targets[0]?.tag ?? null,
    // What has just failed is no way back, even if the image is not blamed.
    mayName:
      others.find(({ digest, reason }) => reason === 'not-good' && digest !== failed?.to)?.digest ??
      null,
  };
};
