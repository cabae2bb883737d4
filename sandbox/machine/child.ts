import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** A process that we started, and that the kernel kills when we end in whatever way. */
export type Child = {
  readonly pid: number;
  /** Fulfilled once it has ended and everything that it held is released, with a line that says how. */
  readonly ended: Promise<string>;
  readonly hasEnded: () => boolean;
};

export type ChildOptions = {
  readonly command: readonly string[];
  /** Files that its output is appended to. */
  readonly stdout: string;
  readonly stderr: string;
  /** All that it shall find in its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder?: string;
};

/** Part of util-linux: ties a process to the life of the one that started it. */
const TIE = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : [];

const begin = (options: ChildOptions): ChildProcess => {
  const out = openSync(options.stdout, 'a');
  const err = openSync(options.stderr, 'a');
  try {
    // An own session, so that Ctrl-C in a terminal reaches us alone and the order of stopping is ours.
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

/** Starts a process of ours. Throws where the command cannot be run at all. */
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

/** Kills `pid` if it is still there. */
export const kill = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It had ended already.
  }
};

/** The processes that `pid` started and that still run. */
export const childrenOf = async (pid: number): Promise<readonly number[]> => {
  try {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

/** Asks it to end, and kills it where it does not within `patienceMs`. */
export const stopChild = async (child: Child, patienceMs: number): Promise<void> => {
  kill(child.pid, 'SIGTERM');
  const impatience = setTimeout(() => kill(child.pid, 'SIGKILL'), patienceMs);
  await child.ended;
  clearTimeout(impatience);
};

/** Where Debian's commands are. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
