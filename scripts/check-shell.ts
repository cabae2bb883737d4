/**
 * Checks every shell script in this checkout: the syntax with its own shell, and everything else with shellcheck if it
 * is installed.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';

const SCRIPTS = globSync(['dev', '.ci/run', '{scripts,sandbox,deploy,examples}/**/*.sh', '*.sh']);

const isInstalled = (command: string): boolean =>
  spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;

const passes = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;

const hasLinter = isInstalled('shellcheck');
if (!hasLinter) {
  console.error('check-shell: shellcheck is not installed here; only the syntax is checked');
}

for (const script of SCRIPTS) {
  const shell = /^#!.*\bbash\b/.test(readFileSync(script, 'utf8')) ? 'bash' : 'sh';
  const isSound = passes(shell, ['-n', script]) && (!hasLinter || passes('shellcheck', [script]));
  if (!isSound) process.exitCode = 1;
}
