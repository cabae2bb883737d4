import type { Command } from 'commander';
import type { CliDeps } from '../../src/cli/terminal/cli-deps.ts';
import { createProgram } from '../../src/cli/program.ts';
import { code, GENERATED, table } from './markdown.ts';

const silent = { write: () => undefined };
const NOTHING: CliDeps = {
  version: '0.0.0',
  stdout: silent,
  stderr: silent,
  signal: new AbortController().signal,
  now: () => 0,
  sources: { env: {}, readFile: () => '', modeOf: () => null },
  serve: async () => 0,
  checks: () => [],
  inspectEngine: async () => [],
};

const nameOf = (command: Command): string =>
  command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;

const optionRows = (command: Command): readonly (readonly string[])[] =>
  command.options.map(({ flags, description, argChoices, defaultValue, mandatory }) => [
    code(flags),
    [
      description,
      argChoices === undefined ? '' : argChoices.map(code).join(', '),
      defaultValue === undefined ? '' : `default ${code(String(defaultValue))}`,
      mandatory ? 'required' : '',
    ]
      .filter(Boolean)
      .join('; '),
  ]);

/** The text below the options in a command's help: notes, what --json prints, examples. */
const addedText = (command: Command): string => {
  let text = '';
  // Options that all commands share are listed once.
  command.configureHelp({ showGlobalOptions: false });
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text.slice(text.indexOf('display help for command') + 'display help for command'.length);
};

const commandLines = (command: Command): readonly string[] => {
  const name = nameOf(command);
  const added = addedText(command);
  const [before = '', examples = ''] = added.split('Examples:\n');
  const [more = '', json = ''] = before.split('With --json: ');
  const rows = [
    ...command.registeredArguments.map((argument) => [
      code(argument.required ? `<${argument.name()}>` : `[${argument.name()}]`),
      [argument.description, argument.argChoices?.map(code).join(', ') ?? '']
        .filter(Boolean)
        .join('; '),
    ]),
    ...optionRows(command),
  ];
  const aliases = command.aliases().map((alias) => `Also \`cd-helper ${alias}\`.`);
  return [
    '',
    `### ${name}`,
    '',
    `${command.description()[0]?.toUpperCase() ?? ''}${command.description().slice(1)}.`,
    ...aliases,
    ...(more.trim() === '' ? [] : ['', more.trim()]),
    '',
    ...table(['', ''], rows),
    ...(rows.length === 0 ? [] : ['']),
    ...(json.trim() === ''
      ? []
      : [
          `\`--json\`: ${json.trim().replaceAll(/\{.*?\}(?=[;, ]|$)/g, (shape) => code(shape))}`,
          '',
        ]),
    '```sh',
    ...examples
      .trim()
      .split('\n')
      .map((line) => line.trim()),
    '```',
  ];
};

const leavesOf = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);

/** The CLI reference: every command with its options and examples. */
export const printCommands = (): string => {
  const program = createProgram(NOTHING, () => undefined);
  const leaves = leavesOf(program).filter((one) => !one.name().startsWith('__'));
  return `${[
    GENERATED,
    '# Command reference',
    '',
    'Every command, as in its `--help`. The [API reference](api.md#shapes) describes shapes such as Service.',
    'Exit status: 0 success, 1 something failed, 2 usage error, 3 could not be determined, 4 waiting at a gate or a freeze (`wait` only).',
    '',
    '## All commands take',
    '',
    ...table(['', ''], optionRows(program)),
    '',
    '## Commands',
    ...leaves.flatMap(commandLines),
  ].join('\n')}\n`;
};
