import { spawnSync } from 'node:child_process';

/** A reason for which a release must not go on. `inCommit`: a commit must mend it; otherwise it is this checkout's state. */
export type Problem = { readonly text: string; readonly inCommit: boolean };

/** What a command that only reads has to say; null if it fails or does not exist. */
export const ask = (command: string, ...args: readonly string[]): string | null => {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
};

const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** Prints a command as one can type it, and runs it unless this is a dry run. If it fails, ends the process with its status. */
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
 * Reports all problems at once. Ends the process with status 1 if there are any; a dry run only if one of them
 * is in the commit, because the checkout of a test is seldom one that can be released.
 */
export const refuseIf = (problems: readonly Problem[], dryRun: boolean): void => {
  for (const { text, inCommit } of problems) {
    console.error(`release: ${dryRun && !inCommit ? 'would be refused here' : 'refused'}: ${text}`);
  }
  if (problems.some(({ inCommit }) => inCommit || !dryRun)) process.exit(1);
};

/** What of this checkout's state forbids a release. */
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
