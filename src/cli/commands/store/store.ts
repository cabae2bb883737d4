import { printable } from '../../output/cell-text.ts';
import { copiedText, copyOptions } from '../../output/copied-rows.ts';
import { CliFailure, EXIT, wrongUse } from '../../terminal/exit-status.ts';
import type { AddCommand } from '../add-command.ts';
import { withHelp } from '../../terminal/with-help.ts';

type Options = { readonly to?: string; readonly toFile?: string };

export const addStore: AddCommand = (program, act) => {
  const store = program.command('store').description('move the store');
  const command = store
    .command('copy')
    .description('copy the store of the configuration into an empty one of either kind')
    .option('--to <url>', 'postgres://user@host/database, or the path of a SQLite file')
    .option(
      '--to-file <file>',
      'a file that contains the URL, so that nobody else sees the password',
    );
  withHelp(command, {
    more: `Stop all helpers of the store first: a store in use and a target that is not empty are refused. All or
nothing, and the source does not change: after a failure, you can start the copy again. The number and checksum of
each table's rows are compared. Sessions stay valid. Afterwards, set the target as "store" and start the helper.`,
    json: '{"from", "to", "rows", "tables"}',
    examples: [
      'cd-helper store copy --to-file /run/secrets/cd-helper-store',
      'cd-helper store copy --to ./data/cd-helper.db',
    ],
  }).action(
    act(async (context, { to, toFile }: Options) => {
      if ((to === undefined) === (toFile === undefined)) {
        throw wrongUse('name one target', 'either --to or --to-file');
      }
      const { stores } = context.deps;
      if (stores === undefined) throw new CliFailure('this build has no store');
      const target = to ?? context.readFile(toFile ?? '').trim();
      const { clear, ...options } = copyOptions(context);
      const copied = await stores.copy(context.config(), target, options).finally(clear);
      if (context.json) context.printJson(copied);
      else {
        context.print(printable(`Copied ${copied.from} into ${copied.to}.`));
        context.print(`${copiedText(copied)}.`);
        context.print('Set the target as "store" in the configuration, and start the helper.');
      }
      return EXIT.well;
    }),
  );
};
