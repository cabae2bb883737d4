import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { CliDeps } from '../../../src/cli/terminal/cli-deps.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { shellWords } from '../../support/project/read-docs.ts';
import { runCli } from '../../support/program/run-cli.ts';

const silent = { write: () => undefined };
const deps: CliDeps = {
  version: '1.2.3',
  stdout: silent,
  stderr: silent,
  signal: new AbortController().signal,
  now: Date.now,
  sources: { env: {}, readFile: () => '', modeOf: () => null },
  serve: async () => 0,
  checks: () => [],
  inspectEngine: async () => [],
};

const leavesOf = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
const nameOf = (command: Command): string =>
  command.parent === null ? '' : `${nameOf(command.parent)} ${command.name()}`.trim();
const names = leavesOf(createProgram(deps, () => undefined))
  .map(nameOf)
  .filter((name) => !name.startsWith('__'));
const helpOf = async (name: string): Promise<string> =>
  (await runCli([...name.split(' ').filter(Boolean), '--help'])).out;

/** The program that parses and does nothing; resolves with the name of the command that would run. */
const parse = async (line: string): Promise<string> => {
  const program = createProgram(deps, () => undefined);
  let acted = '';
  for (const leaf of leavesOf(program)) {
    leaf.action(() => {
      acted = nameOf(leaf);
    });
  }
  await program.parseAsync(shellWords(line).slice(1), { from: 'user' });
  return acted;
};

describe('the help of every command', () => {
  it('knows them all', () => {
    expect(names).toContain('hook send');
    expect(names.length).toBeGreaterThan(20);
  });

  it.each(names)('%s has examples that parse, and tells what --json prints', async (name) => {
    const help = await helpOf(name);
    const examples = help
      .slice(help.indexOf('Examples:'))
      .split('\n')
      .filter((line) => line.startsWith('  cd-helper '))
      .map((line) => line.trim());
    expect(help).toContain('With --json: ');
    expect(examples.length).toBeGreaterThan(0);
    const commands = await Promise.all(examples.map(parse));
    expect(commands).toContain(name);
  });

  it('of the program has examples too, and every command with what it is for', async () => {
    const help = await helpOf('');
    for (const title of ['Look:', 'Act:', 'Set up:', 'Exit status: 0 success']) {
      expect(help).toContain(title);
    }
    expect(help).not.toContain('__complete');
    const lines = help.split('\n').filter((line) => line.startsWith('  cd-helper '));
    for (const line of lines) expect(await parse(line.trim())).not.toBe('');
  });

  it('would tell a wrong example', async () => {
    await expect(parse('cd-helper status --verdict obsolet')).rejects.toThrow('Allowed choices');
  });
});
