import type { DeploymentView } from '../../core/views.ts';
import { deploymentLines } from '../deployment-lines.ts';
import { EXIT } from '../exit-status.ts';
import { timeValue, wholeNumber } from '../option-values.ts';
import type { AddCommand } from '../program.ts';
import { readList } from '../read-list.ts';

type Options = {
  readonly cluster?: string;
  readonly image?: string;
  readonly state?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
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
    .option('--limit <number>', 'at most so many', wholeNumber, USUAL_LIMIT)
    .addHelpText('after', '\nWith --json each deployment is one line, for export.')
    .action(
      act(async (context, service: string | undefined, { limit, ...options }: Options) => {
        const now = context.deps.now();
        const at = (text: string | undefined): string | undefined =>
          text === undefined ? undefined : timeValue(text, now);
        const query = { ...options, service, since: at(options.since), until: at(options.until) };
        const items = await readList<DeploymentView>(
          context.api(),
          '/api/v1/deployments',
          query,
          limit,
        );
        if (context.json) for (const item of items) context.printJson(item);
        else if (items.length === 0) context.note('nothing was deployed');
        else context.print(...deploymentLines(context, items));
        return EXIT.well;
      }),
    );
};
