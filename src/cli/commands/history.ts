import { Option } from 'commander';
import { DEPLOYMENT_STATES, type DeploymentView } from '../../core/contract/views.ts';
import type { Context } from '../client/context.ts';
import { deploymentLines } from '../show/deployment-table.ts';
import { EXIT } from '../terminal/exit-status.ts';
import { requireNamesInHistory } from '../find/names.ts';
import { timeValue, wholeNumber } from '../terminal/option-values.ts';
import type { AddCommand } from './add-command.ts';
import { readList, readPages } from '../client/read-list.ts';
import { showServices } from '../find/show-services.ts';
import { withHelp } from '../terminal/with-help.ts';

type Options = {
  readonly cluster?: string;
  readonly image?: string;
  readonly state?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: number;
  readonly ndjson?: true;
};

const USUAL_LIMIT = 50;
const PATH = '/api/v1/deployments';

/** On a terminal, the history of a single service begins with its present state. */
const show = async (
  context: Context,
  items: readonly DeploymentView[],
  service: string | undefined,
  cluster: string | undefined,
): Promise<void> => {
  const { note, print, width } = context;
  if (service !== undefined && width !== null) {
    const isThere = await showServices(context, service, cluster);
    if (isThere) print('');
  }
  if (items.length > 0) {
    print(...deploymentLines(context, items, { withLogs: service !== undefined }));
  } else {
    note(
      service === undefined
        ? 'nothing was deployed'
        : `nothing was deployed of ${JSON.stringify(service)}`,
    );
  }
};

export const addHistory: AddCommand = (program, act) => {
  const command = program
    .command('history')
    .description('show what was deployed, when, and by whom')
    .argument('[service]', 'name or id of one service')
    .option('--cluster <name>', 'only this cluster')
    .option('--image <image>', 'only this image, such as docker.io/acme/web:v1')
    .addOption(new Option('--state <state>', 'only this state').choices(DEPLOYMENT_STATES))
    .option('--since <time>', 'queued since then, such as 2d or 2026-01-31')
    .option('--until <time>', 'queued before then')
    .option('--limit <number>', `at most this many; the default is ${USUAL_LIMIT}`, wholeNumber)
    .option('--ndjson', 'everything, one deployment per line, for export');
  withHelp(command, {
    json: '{"items": [Deployment]}; --ndjson: one per line, without a limit',
    examples: [
      'cd-helper history web',
      'cd-helper history --since 2d --state rolled-back',
      'cd-helper history --ndjson > deployments.ndjson',
    ],
  }).action(
    act(async (context, service: string | undefined, options: Options) => {
      const { limit, ndjson, ...filter } = options;
      const now = context.deps.now();
      const at = (text: string | undefined): string | undefined =>
        text === undefined ? undefined : timeValue(text, now);
      const query = { ...filter, service, since: at(filter.since), until: at(filter.until) };
      const api = context.api();
      if (ndjson === true) {
        const pages = readPages<DeploymentView>(api, PATH, query, limit);
        let count = 0;
        for await (const page of pages) {
          count += page.length;
          for (const item of page) context.printJson(item);
        }
        if (count === 0) await requireNamesInHistory(api, { cluster: filter.cluster, service });
        return EXIT.well;
      }
      const items = await readList<DeploymentView>(api, PATH, query, limit ?? USUAL_LIMIT);
      if (items.length === 0) {
        await requireNamesInHistory(api, { cluster: filter.cluster, service });
      }
      if (context.json) context.printJson({ items });
      else await show(context, items, service, filter.cluster);
      return EXIT.well;
    }),
  );
};
