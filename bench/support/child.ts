import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Line = Readonly<Record<string, unknown>>;

/** A process of a benchmark that writes one JSON object per line. */
export type LineChild = {
  readonly pid: number;
  /** The first line that matches, including lines already received. Rejects when the process ends. */
  readonly line: (matches: (line: Line) => boolean) => Promise<Line>;
  /** Forgets the lines so far. */
  readonly forget: () => void;
  /** From now on, reads the output and discards it. */
  readonly ignore: () => void;
  /** Writes a line to its standard input. */
  readonly write: (line: Line) => void;
  readonly stop: () => Promise<void>;
};

export type LineChildOptions = {
  readonly file: string;
  /** Options for Node itself. */
  readonly nodeOptions?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

const KILL_AFTER_MS = 20_000;
/** How much of the output that is not JSON an error shows, from its end. */
const KEPT_TEXT = 4_000;

const parse = (text: string): Line | null => {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return null;
  }
};

type Waiter = {
  readonly matches: (line: Line) => boolean;
  readonly resolve: (line: Line) => void;
  readonly reject: (error: Error) => void;
};

const endOf = (child: ChildProcess): Promise<number | string | null> =>
  new Promise((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code));
  });

/** Runs a Node script. It ends with the benchmark at the latest. */
export const startLineChild = ({
  file,
  nodeOptions = [],
  args = [],
  env = {},
}: LineChildOptions): LineChild => {
  const child = spawn(process.execPath, [...nodeOptions, file, ...args], {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = endOf(child);
  let lines: Line[] = [];
  let waiters: Waiter[] = [];
  let text = '';
  const keepText = (more: string): void => {
    text = (text + more).slice(-KEPT_TEXT);
  };
  const heard = createInterface({ input: child.stdout });
  heard.on('line', (line) => {
    const parsed = parse(line);
    if (parsed === null) return keepText(`${line}\n`);
    if (parsed['level'] === 'error') keepText(`${line}\n`);
    lines.push(parsed);
    const served = waiters.filter(({ matches }) => matches(parsed));
    waiters = waiters.filter((waiter) => !served.includes(waiter));
    for (const { resolve } of served) resolve(parsed);
  });
  child.stderr.on('data', (chunk: Buffer) => keepText(chunk.toString()));
  child.stdin.on('error', () => {});
  let isOver = false;
  const tellWaiters = async (): Promise<void> => {
    const how = await ended;
    isOver = true;
    const error = new Error(`${file} ended with ${how}\n${text}`);
    for (const { reject } of waiters) reject(error);
  };
  void tellWaiters();
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);

  return {
    pid: child.pid ?? -1,
    line: (matches) => {
      const found = lines.find(matches);
      if (found !== undefined) return Promise.resolve(found);
      if (isOver) return Promise.reject(new Error(`${file} has ended\n${text}`));
      return new Promise((resolve, reject) => waiters.push({ matches, resolve, reject }));
    },
    forget: () => {
      lines = [];
    },
    ignore: () => {
      lines = [];
      heard.close();
      child.stdout.resume();
    },
    write: (line) => child.stdin.write(`${JSON.stringify(line)}\n`),
    stop: async () => {
      child.kill('SIGTERM');
      const impatience = setTimeout(killNow, KILL_AFTER_MS);
      await ended;
      clearTimeout(impatience);
      process.off('exit', killNow);
    },
  };
};
