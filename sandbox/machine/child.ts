import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** A process that we started. The kernel kills it when this process ends, however it ends. */
export type Child = {
  readonly pid: number;
  /**
   * Resolves when the process has ended and has released everything that it held, with a line that says how it ended.
   */
  readonly ended: Promise<string>;
  readonly hasEnded: () => boolean;
};

export type ChildOptions = {
  readonly command: readonly string[];
  /** Files that receive its output, appended. */
  readonly stdout: string;
  readonly stderr: string;
  /** Its complete environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder?: string;
};

/** Part of util-linux: ties the life of a process to that of its parent. */
const TIE = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : [];

const begin = (options: ChildOptions): ChildProcess => {
  const out = openSync(options.stdout, 'a');
  const err = openSync(options.stderr, 'a');
  try {
    // A separate session: Ctrl-C in a terminal reaches only us, and we decide the order of stopping.
    const [command = '', ...args] = [...TIE, ...options.command];
    return spawn(command, args, {
      stdio: ['ignore', out, err],
      detached: true,
      cwd: options.folder ?? '/',
      env: options.env,
    });
  } finally {
    closeSync(out);
    closeSync(err);
  }
};

/** Starts a child process. Throws if the command cannot be run. */
export const startChild = async (options: ChildOptions): Promise<Child> => {
  const child = begin(options);
  let over = false;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  }).then((how) => {
    over = true;
    return how;
  });
  if (child.pid === undefined) throw new Error(`cannot run ${options.command[0]}: ${await ended}`);
  return { pid: child.pid, ended, hasEnded: () => over };
};

/** Kills `pid` if it still exists. */
export const kill = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // The process had already ended.
  }
};

/** The child processes of `pid` that still run. */
export const childrenOf = async (pid: number): Promise<readonly number[]> => {
  try {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

/** Asks the process to end, and kills it if it has not ended after `patienceMs`. */
export const stopChild = async (child: Child, patienceMs: number): Promise<void> => {
  kill(child.pid, 'SIGTERM');
  const impatience = setTimeout(() => kill(child.pid, 'SIGKILL'), patienceMs);
  await child.ended;
  clearTimeout(impatience);
};

/** The folders of Debian's commands. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
