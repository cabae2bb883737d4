import { pullingWords } from '../../core/swarm/pulling.ts';
import type { DeploymentView } from '../../core/contract/views.ts';
import { type Context, pollMsOf } from '../client/context.ts';
import { deploymentLine, nameWidthOf } from '../show/deployment-line.ts';
import { logLines } from '../show/deployment-words.ts';
import { isFailure } from '../../core/story/deployment-states.ts';
import { isFinal } from '../../core/contract/final-state.ts';
import { createPatience } from './patience.ts';
import { pause } from './pause.ts';

type Follow = {
  /** The followed deployments in their present state. */
  readonly read: () => Promise<readonly DeploymentView[]>;
  /** Whether no more of them can be added. */
  readonly isComplete: () => boolean | Promise<boolean>;
};

/**
 * Prints each change of the deployments until all have ended, and resolves with them. With JSON output, no change is
 * printed: the caller prints the end.
 */
export const followDeployments = async (
  context: Context,
  { read, isComplete }: Follow,
): Promise<readonly DeploymentView[]> => {
  const { deps, json, print } = context;
  const progress = context.progress();
  const patiently = createPatience(context);
  const told = new Map<string, string>();
  try {
    for (;;) {
      const deployments = await patiently(read);
      const nameWidth = nameWidthOf(deployments);
      for (const deployment of deployments) {
        if (told.get(deployment.id) === deployment.state) continue;
        told.set(deployment.id, deployment.state);
        progress.clear();
        if (json) continue;
        print(deploymentLine(context, deployment, nameWidth));
        if (isFailure(deployment)) print(...logLines(context, deployment));
      }
      const ended = deployments.filter(isFinal).length;
      if (ended === deployments.length && (await patiently(async () => isComplete())))
        return deployments;
      const pulls = deployments.map((one) => pullingWords(one, deps.now())).filter(Boolean);
      progress.show([`${ended} of ${deployments.length} ended`, ...pulls.slice(0, 1)].join('; '));
      await pause(pollMsOf(deps), deps.signal);
    }
  } finally {
    progress.clear();
  }
};
