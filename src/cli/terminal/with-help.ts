import type { Command } from 'commander';

export type Help = {
  /** Whole lines as one types them; a test parses each. */
  readonly examples: readonly string[];
  /** What `--json` prints, in the names of the API. */
  readonly json: string;
  /** What else a person should know. */
  readonly more?: string;
};

/** Adds to a command's help what every command tells: examples, and what `--json` prints. */
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
