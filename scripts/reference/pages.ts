import { printApi } from './api.ts';
import { printCommands } from './commands.ts';
import { printConfiguration } from './configuration.ts';

/** The pages that are made of the program, by their path in the checkout. */
export const referencePages = async (): Promise<Readonly<Record<string, string>>> => ({
  'docs/reference/api.md': await printApi(),
  'docs/reference/commands.md': printCommands(),
  'docs/reference/configuration.md': printConfiguration(),
});
