import { Option } from 'commander';
import { DEPLOYMENT_STATES, type DeploymentView } from '../../core/contract/views.ts';
import { changeHints } from '../wait/change-hints.ts';
import type { Context } from '../client/context.ts';
import { deploymentLine } from '../show/deployment-line.ts';
import { deploymentLines } from '../show/deployment-table.ts';
import { logLines } from '../show/deployment-words.ts';
import { deploymentStory } from '../show/deployment-story.ts';
import { isFailure } from '../../core/story/deployment-states.ts';
import { EXIT, wrongUse } from '../terminal/exit-status.ts';
import { requireNamesInHistory } from '../find/names.ts';
import { wholeNumber } from '../terminal/option-values.ts';
import { createPatience } from '../wait/patience.ts';
import type { AddCommand } from './add-command.ts';
import { readList } from '../client/read-list.ts';
import { createTold } from '../show/told-deployments.ts';
import { withHelp } from '../terminal/with-help.ts';

type Filter = {
  readonly cluster?: string;
  readonly service?: string;
  readonly image?: string;
  readonly state?: string;
  readonly digest?: string;
  readonly delivery?: string;
};
type Options = Filter & { readonly follow?: true; readonly limit: number };

const USUAL_LIMIT = 20;
/** More than ever run at one time. */
const MOST_FOLLOWED = 1_000;
const PATH = '/api/v1/deployments';

/** Prints each change as it happens, until the person presses Ctrl-C. */
const follow = async (
  context: Context,
  { state, ...filter }: Filter,
  limit: number,
): Promise<number> => {
  const { deps, json, print, printJson } = context;
  const api = context.api();
  const patiently = createPatience(context);
  const told = createTold();
  let isFirst = true;
  try {
    for await (const _ of changeHints(context, api, ['deployment'])) {
      const since = told.since();
      const query = since === null ? filter : { ...filter, since };
      const read = () =>
        readList<DeploymentView>(api, PATH, query, since === null ? limit : MOST_FOLLOWED);
      // An error in the first read is not a restart of the helper, so it is not retried.
      const latest = await (isFirst ? read() : patiently(read));
      isFirst = false;
      for (const deployment of told.changed(latest.toReversed())) {
        // Filter after the read: a deployment in another state may reach this one later.
        if (state !== undefined && deployment.state !== state) continue;
        if (json) printJson(deployment);
        else {
          print(deploymentLine(context, deployment));
          if (isFailure(deployment)) print(...logLines(context, deployment));
        }
      }
    }
    return EXIT.well;
  } catch (error) {
    // Ctrl-C is the normal way to stop following, not a failure.
    if (deps.signal.aborted) return EXIT.well;
    throw error;
  }
};

const showOne = async (context: Context, id: string): Promise<number> => {
  const deployment = await context.api().get<DeploymentView>(`${PATH}/${encodeURIComponent(id)}`);
  if (context.json) context.printJson(deployment);
  else context.print(...deploymentStory(context, deployment));
  return EXIT.well;
};

export const addDeployments: AddCommand = (program, act) => {
  const command = program
    .command('deployments')
    .description('show deployments, the newest first, or one with every step')
    .argument('[id]', 'one deployment with its complete story')
    .option('-f, --follow', 'keep showing changes until Ctrl-C')
    .option('--cluster <name>', 'only this cluster')
    .option('--service <name>', 'only this service')
    .option('--image <image>', 'only this image')
    .addOption(new Option('--state <state>', 'only this state').choices(DEPLOYMENT_STATES))
    .option('--digest <digest>', 'only those that deploy this digest')
    .option('--delivery <id>', 'only those that this delivery caused or joined')
    .option('--limit <number>', 'maximum number', wholeNumber, USUAL_LIMIT);
  withHelp(command, {
    json: '{"items": [Deployment]}; with an id Deployment; with --follow one Deployment per line for each change',
    examples: [
      'cd-helper deployments --follow',
      'cd-helper deployments --service web --state failed',
      'cd-helper deployments --delivery 01a20806-30fc-7000-9c3c-025bee06ae98',
      'cd-helper deployments 01a20809-fff4-7000-afe5-6a1b2c3d4e5f',
    ],
  }).action(
    act(async (context, id: string | undefined, options: Options) => {
      const { follow: isFollowed, limit, ...filter } = options;
      if (id !== undefined && isFollowed === true) {
        throw wrongUse('either one deployment or --follow');
      }
      if (id !== undefined) return showOne(context, id);
      if (isFollowed === true) {
        await requireNamesInHistory(context.api(), filter);
        return follow(context, filter, limit);
      }
      const items = await readList<DeploymentView>(context.api(), PATH, filter, limit);
      if (items.length === 0) await requireNamesInHistory(context.api(), filter);
      if (context.json) context.printJson({ items });
      else if (items.length === 0) context.note('no deployments');
      else context.print(...deploymentLines(context, items, { withIds: true }));
      return EXIT.well;
    }),
  );
};
