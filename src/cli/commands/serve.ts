import type { AddCommand } from '../program.ts';

export const addServe: AddCommand = (program, act) => {
  program
    .command('serve')
    .description('run the helper until it is told to stop')
    .action(act(async ({ deps, config }) => deps.serve(config(), deps.signal)));
};
