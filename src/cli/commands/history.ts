import type { DeploymentView } from '../../core/views.ts';
import { deploymentLines } from '../deployment-lines.ts';
import { EXIT } from '../exit-status.ts';
import { timeValue, wholeNumber } from '../option-values.ts';
import type { AddCommand } from '../program.ts';
import { readList, readPages } from '../read-list.ts';

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

export const addHistory: AddCommand = (program, act) => {
  program
    .command('history')
    .description('show what was deployed, when, from what to what, and by whom')
    .argument('[service]', 'name or id of one service')
    .option('--cluster <name>', 'only this cluster')
    .option('--image <image>', 'only this image, such as docker.io/acme/web:v1')
    .option('--state <state>', 'only this state, such as rolled-back')
    .option('--since <time>', 'queued since then, such as 2d or 2026-01-31')
    .option('--until <time>', 'queued before then')
    .option('--limit <number>', `at most so many, by default ${USUAL_LIMIT}`, wholeNumber)
    .option('--ndjson', 'everything, one deployment a line, for export')
    .addHelpText(
      'after',
      '\nWith --json too each deployment is one line, but no more than --limit.',
    )
    .action(
      act(async (context, service: string | undefined, options: Options) => {
        const { limit, ndjson, ...filter } = options;
        const now = context.deps.now();
        const at = (text: string | undefined): string | undefined =>
          text === undefined ? undefined : timeValue(text, now);
        const query = { ...filter, service, since: at(filter.since), until: at(filter.until) };
        const api = context.api();
        if (ndjson === true) {
          const pages = readPages<DeploymentView>(api, '/api/v1/deployments', query, limit);
          for await (const page of pages) for (const item of page) context.printJson(item);
          return EXIT.well;
        }
        const most = limit ?? USUAL_LIMIT;
        const items = await readList<DeploymentView>(api, '/api/v1/deployments', query, most);
        if (context.json) for (const item of items) context.printJson(item);
        else if (items.length === 0) context.note('nothing was deployed');
        else context.print(...deploymentLines(context, items));
        return EXIT.well;
      }),
    );
};
