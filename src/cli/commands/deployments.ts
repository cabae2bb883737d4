import type { DeploymentView } from '../../core/views.ts';
import { type Context, pollMsOf } from '../context.ts';
import { deploymentLine, deploymentLines } from '../deployment-lines.ts';
import { EXIT } from '../exit-status.ts';
import { wholeNumber } from '../option-values.ts';
import { pause } from '../pause.ts';
import type { AddCommand } from '../program.ts';
import { readList } from '../read-list.ts';

type Options = {
  readonly follow?: true;
  readonly cluster?: string;
  readonly service?: string;
  readonly image?: string;
  readonly state?: string;
  readonly limit: number;
};

const USUAL_LIMIT = 20;

/** Prints each change as it comes, until somebody presses Ctrl-C. */
const follow = async (context: Context, query: Omit<Options, 'follow'>): Promise<number> => {
  const { deps, json, print, printJson } = context;
  const api = context.api();
  const told = new Map<string, string>();
  try {
    for (;;) {
      const latest = await readList<DeploymentView>(api, '/api/v1/deployments', query, query.limit);
      for (const deployment of latest.toReversed()) {
        if (told.get(deployment.id) === deployment.state) continue;
        told.set(deployment.id, deployment.state);
        if (json) printJson(deployment);
        else print(deploymentLine(context, deployment));
      }
      await pause(pollMsOf(deps), deps.signal);
    }
  } catch (error) {
    // Ctrl-C is how one stops following, and no failure.
    if (deps.signal.aborted) return EXIT.well;
    throw error;
  }
};

export const addDeployments: AddCommand = (program, act) => {
  program
    .command('deployments')
    .description('show deployments, the newest first')
    .option('-f, --follow', 'go on showing what changes')
    .option('--cluster <name>', 'only this cluster')
    .option('--service <name>', 'only this service')
    .option('--image <image>', 'only this image')
    .option('--state <state>', 'only this state, such as failed')
    .option('--limit <number>', 'at most so many', wholeNumber, USUAL_LIMIT)
    .action(
      act(async (context, { follow: isFollowed, limit, ...filter }: Options) => {
        if (isFollowed === true) return follow(context, { ...filter, limit });
        const items = await readList<DeploymentView>(
          context.api(),
          '/api/v1/deployments',
          filter,
          limit,
        );
        if (context.json) context.printJson({ items });
        else if (items.length === 0) context.note('no deployments');
        else context.print(...deploymentLines(context, items));
        return EXIT.well;
      }),
    );
};
