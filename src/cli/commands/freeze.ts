import type { FreezeView } from '../../core/views.ts';
import { printable } from '../cell-text.ts';
import type { Context } from '../context.ts';
import { printTime } from '../deployment-lines.ts';
import { CliFailure, EXIT } from '../exit-status.ts';
import { durationValue } from '../option-values.ts';
import type { AddCommand } from '../program.ts';
import { readList } from '../read-list.ts';

const PATH = '/api/v1/freezes';

const printFreeze = ({ deps }: Context, freeze: FreezeView): string => {
  const where = [
    freeze.cluster === null ? null : `cluster ${freeze.cluster}`,
    freeze.stack === null ? null : `stack ${freeze.stack}`,
    freeze.service === null ? null : `service ${freeze.service}`,
  ].filter((part) => part !== null);
  const until = freeze.until === null ? 'lifted' : printTime(freeze.until, deps.now());
  return printable(
    `${freeze.id}  ${where.join(', ') || 'everything'} until ${until}: ${freeze.reason} (${freeze.by})`,
  );
};

type FreezeOptions = {
  readonly cluster?: string;
  readonly stack?: string;
  readonly service?: string;
  readonly for?: number;
  readonly reason: string;
};

export const addFreeze: AddCommand = (program, act) => {
  program
    .command('freeze')
    .description('deploy nothing by itself for a while; pushes are kept and carried out afterwards')
    .option('--cluster <name>', 'only this cluster')
    .option('--stack <name>', 'only this stack')
    .option('--service <name>', 'only this service')
    .option('--for <duration>', 'how long, such as 2h; without it until thawed', durationValue)
    .requiredOption('--reason <text>', 'why, for those who will wonder')
    .action(
      act(async (context, { for: ms, cluster, stack, service, reason }: FreezeOptions) => {
        const until = ms === undefined ? null : new Date(context.deps.now() + ms).toISOString();
        const request = {
          cluster: cluster ?? null,
          stack: stack ?? null,
          service: service ?? null,
          reason,
          until,
        };
        const freeze = await context.api().post<FreezeView>(PATH, request);
        if (context.json) context.printJson(freeze);
        else context.print(printFreeze(context, freeze));
        return EXIT.well;
      }),
    );
  program
    .command('thaw')
    .description('lift a freeze')
    .argument('[id]', 'which one; needless where only one stands')
    .action(
      act(async (context, id: string | undefined) => {
        const api = context.api();
        const standing = id === undefined ? await readList<FreezeView>(api, PATH, {}) : [];
        if (standing.length > 1) {
          const list = standing.map((freeze) => printFreeze(context, freeze)).join('\n');
          throw new CliFailure('several freezes stand: say which one', {
            status: EXIT.wrongUse,
            hint: list,
          });
        }
        const which = id ?? standing[0]?.id;
        if (which === undefined) {
          context.note('nothing is frozen');
          return EXIT.well;
        }
        await api.remove(`${PATH}/${encodeURIComponent(which)}`);
        if (context.json) context.printJson({ thawed: which });
        else context.print(`${which} is lifted`);
        return EXIT.well;
      }),
    );
};
