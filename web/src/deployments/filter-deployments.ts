import type { DeploymentView } from '../../../src/core/views.ts';
import { triggerWord } from '../words/deployment-words.ts';

const textOf = ({ service, cluster, image, from, to, build, triggers }: DeploymentView): string =>
  [service.name, cluster, image, from, to, build?.version, build?.revision]
    .filter((part) => part !== null && part !== undefined)
    .concat(triggers.map(triggerWord))
    .join('\n')
    .toLowerCase();

/** Those that have every word of `q` in what they moved, from where to where, or who asked for it. */
export const filterDeployments = (
  deployments: readonly DeploymentView[],
  q: string,
): readonly DeploymentView[] => {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return deployments;
  return deployments.filter((deployment) => {
    const text = textOf(deployment);
    return words.every((word) => text.includes(word));
  });
};
