import type { DeploymentView, ServiceView } from '../core/views.ts';
import { isFailure, isFinal } from './deployment-states.ts';

/** How a service came to run what it runs, out of its history. */
export type ServiceStory = {
  /** The deployment that brought what runs, or that went back to it; null where none of ours did. */
  readonly origin: DeploymentView | null;
  /** Whether `origin` went back to what runs rather than on to it. */
  readonly isBack: boolean;
  /** What is being deployed now. */
  readonly underWay: DeploymentView | null;
  /** The newest attempt, where it failed. */
  readonly failed: DeploymentView | null;
  /** What ran before, which a rollback goes to; null where that is not known. */
  readonly before: string | null;
};

const brought = ({ state, to }: DeploymentView, running: string): boolean =>
  state === 'succeeded' && to === running;
const wentBack = ({ state, from }: DeploymentView, running: string): boolean =>
  state === 'rolled-back' && from === running;

/** @param deployments of this service, the newest first */
export const tellStory = (
  { running }: Pick<ServiceView, 'running'>,
  deployments: readonly DeploymentView[],
): ServiceStory => {
  const ended = deployments.filter(isFinal);
  const newest = ended.find(({ state }) => state !== 'superseded' && state !== 'skipped');
  const origin =
    running === null
      ? undefined
      : ended.find((one) => brought(one, running) || wentBack(one, running));
  const successes = ended.filter(({ state }) => state === 'succeeded');
  // As the server finds what a rollback goes to.
  const ran = successes.flatMap(({ to, from }) => [to, from]);
  const before = ran
    .slice(ran.indexOf(running) + 1)
    .find((digest) => digest !== null && digest !== running);
  return {
    origin: origin ?? null,
    isBack: origin?.state === 'rolled-back',
    underWay: deployments.find((one) => !isFinal(one)) ?? null,
    failed: newest !== undefined && isFailure(newest) ? newest : null,
    before: before ?? null,
  };
};
