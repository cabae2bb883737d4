import type { Command } from 'commander';

export type Help = {
  /** Complete command lines; a test parses each. */
  readonly examples: readonly string[];
  /** What `--json` prints, in the API's names. */
  readonly json: string;
  /** Anything else to know. */
  readonly more?: string;
};

/** Adds the common parts to a command's help: examples, and what `--json` prints. */
export const withHelp = (command: Command, { examples, json, more }: Help): Command =>
  command.addHelpText(
    'after',
    [
      ...(more === undefined ? [] : ['', more]),
      '',
      `With --json: ${json}`,
      '',
      'Examples:',
      ...examples.map((example) => `  ${example}`),
    ].join('\n'),
  );
