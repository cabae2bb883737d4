import type { EndedWork } from '../../terminal/cli-deps.ts';
import { printable } from '../../output/cell-text.ts';
import { copiedText, copyOptions, counted } from '../../output/copied-rows.ts';
import { CliFailure, EXIT } from '../../terminal/exit-status.ts';
import type { AddCommand } from '../add-command.ts';
import { withHelp } from '../../terminal/with-help.ts';

const endedText = (ended: EndedWork): string =>
  [
    ended.deployments > 0 ? counted(ended.deployments, 'deployment') : '',
    ended.pushes > 0 ? counted(ended.pushes, 'push', 'pushes') : '',
    ended.runs > 0 ? counted(ended.runs, 'run') : '',
    ended.messages > 0 ? counted(ended.messages, 'message') : '',
    ended.waiting > 0 ? counted(ended.waiting, 'service at a gate', 'services at gates') : '',
  ]
    .filter((part) => part !== '')
    .join(', ');

export const addRestore: AddCommand = (program, act) => {
  const command = program
    .command('restore')
    .description(
      'restore a backup into the empty store of the configuration, without a running helper',
    )
    .argument('<file>', 'a file that cd-helper backup wrote');
  withHelp(command, {
    more: `All or nothing: a store that is in use or not empty is refused. Work that was queued when the backup was made, and
messages that were not sent, end as "skipped: restored", because services have changed since. Holds and freezes stay.
After its start, the helper reports what is obsolete, and deploys nothing until a webhook arrives or a person asks.`,
    json: '{"store", "rows", "tables", "ended": {"deployments", "pushes", "runs", "messages", "waiting"}}',
    examples: [
      'cd-helper restore cd-helper-2026-12-01.db',
      'cd-helper restore --config cd-helper.yaml cd-helper-2026-12-01.db',
    ],
  }).action(
    act(async (context, file: string) => {
      const { stores } = context.deps;
      if (stores === undefined) throw new CliFailure('this build has no store');
      const { clear, ...options } = copyOptions(context);
      const restored = await stores.restore(context.config(), file, options).finally(clear);
      if (context.json) context.printJson(restored);
      else {
        context.print(printable(`Restored ${file} into ${restored.store}.`));
        context.print(`${copiedText(restored)}.`);
        const ended = endedText(restored.ended);
        if (ended !== '') context.print(`Ended as "skipped: restored": ${ended}.`);
        context.print('Start the helper now.');
      }
      return EXIT.well;
    }),
  );
};
