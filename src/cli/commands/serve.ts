import type { AddCommand } from './add-command.ts';
import { withHelp } from '../terminal/with-help.ts';

export const addServe: AddCommand = (program, act) => {
  const command = program
    .command('serve')
    .description('run the helper until it receives a stop signal');
  withHelp(command, {
    json: 'no effect; the log is JSON unless it goes to a terminal',
    examples: ['cd-helper serve', 'cd-helper serve --config /etc/cd-helper.yaml'],
  }).action(act(async ({ deps, config }) => deps.serve(config(), deps.signal)));
};
