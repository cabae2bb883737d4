import type { ChannelTestView } from '../../core/contract/notice.ts';
import { printable } from '../output/cell-text.ts';
import { EXIT, wrongUse } from '../terminal/exit-status.ts';
import type { AddCommand } from './add-command.ts';
import { withHelp } from '../terminal/with-help.ts';

type Options = { readonly test?: true; readonly channel?: string };

export const addNotify: AddCommand = (program, act) => {
  const command = program
    .command('notify')
    .description('check whether notifications arrive')
    .option('--test', 'send a test message to every channel now')
    .option('--channel <name>', 'only to this one');
  withHelp(command, {
    json: '{"items": [{"channel", "type", "ok", "detail"}]}',
    examples: ['cd-helper notify --test', 'cd-helper notify --test --channel team'],
  }).action(
    act(async (context, { test, channel }: Options) => {
      if (test !== true) {
        throw wrongUse('notify needs --test');
      }
      const { items } = await context
        .api()
        .post<{ readonly items: readonly ChannelTestView[] }>('/api/v1/notifications/test', {
          channel: channel ?? null,
        });
      const { green, red } = context.colours;
      if (context.json) context.printJson({ items });
      else {
        for (const { channel: name, type, ok, detail } of items) {
          const sign = ok ? green('ok') : red('failed');
          context.print(`${sign}  ${printable(`${name} (${type}): ${detail}`)}`);
        }
      }
      return items.every(({ ok }) => ok) ? EXIT.well : EXIT.failed;
    }),
  );
};
