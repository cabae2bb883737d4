import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { printDay } from '../words/clock-time.ts';
import { isOpen } from '../words/deployment-words.ts';

export type DeploymentGroup = {
  readonly title: string;
  readonly deployments: readonly DeploymentView[];
};

/** Deployments in progress first, then day by day, in the given order. */
export const groupDeployments = (
  deployments: readonly DeploymentView[],
  now: number,
): readonly DeploymentGroup[] => {
  const titleOf = (deployment: DeploymentView): string =>
    isOpen(deployment) ? 'Under way' : printDay(Date.parse(deployment.queuedAt), now);
  const ordered = [
    ...deployments.filter(isOpen),
    ...deployments.filter((deployment) => !isOpen(deployment)),
  ];
  return [...Map.groupBy(ordered, titleOf)].map(([title, inside]) => ({
    title,
    deployments: inside,
  }));
};
