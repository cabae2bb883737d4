import type { FreezeView } from '../../core/contract/views.ts';
import { printable } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { EXIT, wrongUse } from '../terminal/exit-status.ts';
import { FREEZES, printFreeze } from '../show/freeze-line.ts';
import { durationValue } from '../terminal/option-values.ts';
import { requireNames } from '../find/names.ts';
import type { AddCommand } from './add-command.ts';
import { readList } from '../client/read-list.ts';
import { withHelp } from '../terminal/with-help.ts';

type Options = {
  readonly cluster?: string;
  readonly stack?: string;
  readonly service?: string;
  readonly for?: number;
  readonly reason: string;
};

/** A misspelt name would freeze nothing, and nobody would notice before the next deployment. */
const requireScope = (context: Context, { cluster, stack, service }: Options): Promise<void> =>
  requireNames(context.api(), {
    cluster,
    stacks: stack === undefined ? [] : [stack],
    services: service === undefined ? [] : [service],
  });

export const addFreeze: AddCommand = (program, act) => {
  const command = program
    .command('freeze')
    .description('stop automatic deployments for a while; pushes are kept and deployed afterwards')
    .option('--cluster <name>', 'only this cluster')
    .option('--stack <name>', 'only this stack')
    .option('--service <name>', 'only this service')
    .option(
      '--for <duration>',
      'how long, such as 2h; without it, until somebody lifts it',
      durationValue,
    )
    .requiredOption('--reason <text>', 'why; shown wherever the freeze is shown');
  withHelp(command, {
    more: 'A person can still use redeploy --force and rollback.',
    json: 'Freeze',
    examples: [
      "cd-helper freeze --reason 'Black Friday' --for 3d",
      "cd-helper freeze --reason 'migration' --cluster production --stack shop",
      'cd-helper freezes',
      'cd-helper thaw',
    ],
  }).action(
    act(async (context, options: Options) => {
      await requireScope(context, options);
      const { for: ms, cluster, stack, service, reason } = options;
      const until = ms === undefined ? null : new Date(context.deps.now() + ms).toISOString();
      const freeze = await context.api().post<FreezeView>(FREEZES, {
        cluster: cluster ?? null,
        stack: stack ?? null,
        service: service ?? null,
        reason,
        until,
      });
      if (context.json) context.printJson(freeze);
      else context.print(printFreeze(context, freeze));
      return EXIT.well;
    }),
  );
};

export const addFreezes: AddCommand = (program, act) => {
  const command = program.command('freezes').description('show active freezes');
  withHelp(command, { json: '{"items": [Freeze]}', examples: ['cd-helper freezes'] }).action(
    act(async (context) => {
      const items = await readList<FreezeView>(context.api(), FREEZES, {});
      if (context.json) context.printJson({ items });
      else if (items.length === 0) context.note('nothing is frozen');
      else context.print(...items.map((freeze) => printFreeze(context, freeze)));
      return EXIT.well;
    }),
  );
};

export const addThaw: AddCommand = (program, act) => {
  const command = program
    .command('thaw')
    .description('lift a freeze; what was pushed in the meantime is deployed now')
    .argument('[id]', 'which one; optional if there is only one');
  withHelp(command, {
    json: '{"thawed": id or null}',
    examples: ['cd-helper thaw', 'cd-helper thaw 01a20809-fff4-7000-afe5-6a1b2c3d4e5f'],
  }).action(
    act(async (context, id: string | undefined) => {
      const api = context.api();
      const standing = id === undefined ? await readList<FreezeView>(api, FREEZES, {}) : [];
      if (standing.length > 1) {
        const list = standing.map((freeze) => printFreeze(context, freeze)).join('\n');
        throw wrongUse('there are several freezes: name one', list);
      }
      const which = id ?? standing[0]?.id ?? null;
      if (which !== null) await api.remove(`${FREEZES}/${encodeURIComponent(which)}`);
      if (context.json) context.printJson({ thawed: which });
      else if (which === null) context.note('nothing is frozen');
      else context.print(printable(`${which} is lifted`));
      return EXIT.well;
    }),
  );
};
