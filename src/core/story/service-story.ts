import { type WentBack, wentBack } from './went-back.ts';
import type { DeploymentView, RollbackView, ServiceView } from '../contract/views.ts';
import { isFailure } from './deployment-states.ts';
import { isFinal } from '../contract/final-state.ts';

/** How a service came to run what it runs, out of its history. */
export type ServiceStory = {
  /** The deployment that brought what runs, or that went back to it; null where none of ours did. */
  readonly origin: DeploymentView | null;
  /** Where `origin` went back to what runs rather than on to it: who did that. */
  readonly back: WentBack | null;
  /** What is being deployed now. */
  readonly underWay: DeploymentView | null;
  /** The newest attempt, where it failed. */
  readonly failed: DeploymentView | null;
  /** The good image that a rollback goes to; null where none is known. */
  readonly before: string | null;
  /** The tag that it had; null where that is not known. */
  readonly beforeTag: string | null;
  /** Where none is, the newest of its history that a person may name; null for none. */
  readonly mayName: string | null;
};

/**
 * The digest that a deployment left its service on, as far as it says so: null where it changed nothing, or
 * where the next one tells it.
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

/** @param deployments of this service, the newest first */
export const tellStory = (
  { running }: Pick<ServiceView, 'running'>,
  deployments: readonly DeploymentView[],
  { targets, others }: Pick<RollbackView, 'targets' | 'others'>,
): ServiceStory => {
  const ended = deployments.filter(isFinal);
  const newest = ended.find(({ state }) => state !== 'superseded' && state !== 'skipped');
  const inProgress = deployments.find((one) => !isFinal(one)) ?? null;
  // The newest that says where it left the service: after it, only somebody else can have changed that.
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
    // What has just failed is no way back, also where nobody blames the image.
    mayName:
      others.find(({ digest, reason }) => reason === 'not-good' && digest !== failed?.to)?.digest ??
      null,
  };
};
