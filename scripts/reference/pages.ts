import { printApi } from './api.ts';
import { printCommands } from './commands.ts';
import { printConfigSchema } from './config-schema-file.ts';
import { printConfiguration } from './configuration.ts';

/** The pages and files that are generated from the program, by their path in the checkout. */
export const referencePages = async (): Promise<Readonly<Record<string, string>>> => ({
  'docs/reference/api.md': await printApi(),
  'docs/reference/commands.md': printCommands(),
  'docs/reference/configuration.md': printConfiguration(),
  'docs/reference/configuration.schema.json': printConfigSchema(),
});
