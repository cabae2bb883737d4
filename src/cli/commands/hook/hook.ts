import type { AddCommand } from '../add-command.ts';
import { addHookExplain } from './hook-explain.ts';
import { addHookSend } from './hook-send.ts';
import { addHookUrl } from './hook-url.ts';

export const addHook: AddCommand = (program, act) => {
  const hook = program.command('hook').description('addresses for senders, and hooks to try with');
  addHookUrl(hook, act);
  addHookSend(hook, act);
  addHookExplain(hook, act);
};
