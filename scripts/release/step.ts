import { spawnSync } from 'node:child_process';

/** A reason to refuse a release. `inCommit`: a commit must fix it. Otherwise, it is the state of this checkout. */
export type Problem = { readonly text: string; readonly inCommit: boolean };

/** The output of a command that only reads; null if it fails or does not exist. */
export const ask = (command: string, ...args: readonly string[]): string | null => {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
};

const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * Prints a command in a form that can be typed, and runs it unless this is a dry run. If the command fails, ends the
 * process with its status.
 */
export const createStep =
  (dryRun: boolean) =>
  (command: string, ...args: readonly string[]): void => {
    console.log(`$ ${[command, ...args].map(quote).join(' ')}`);
    if (dryRun) return;
    const { status } = spawnSync(command, args, { stdio: 'inherit' });
    if (status === 0) return;
    console.error(`release: ${command} failed; nothing after it was done`);
    process.exit(status ?? 1);
  };

/**
 * Reports all problems at once. If there are any, ends the process with status 1. A dry run does so only for a problem
 * in the commit, because the checkout of a test can rarely be released.
 */
export const refuseIf = (problems: readonly Problem[], dryRun: boolean): void => {
  for (const { text, inCommit } of problems) {
    console.error(`release: ${dryRun && !inCommit ? 'would be refused here' : 'refused'}: ${text}`);
  }
  if (problems.some(({ inCommit }) => inCommit || !dryRun)) process.exit(1);
};

/** The problems in the state of this checkout. */
export const stateProblems = (): readonly Problem[] => {
  const texts: string[] = [];
  const changed = ask('git', 'status', '--porcelain');
  if (changed === null) texts.push('this is not a Git checkout');
  else if (changed !== '') {
    texts.push(
      `the checkout has uncommitted changes:\n${changed.split('\n').slice(0, 5).join('\n')}`,
    );
  }
  return texts.map((text) => ({ text, inCommit: false }));
};
