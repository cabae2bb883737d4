import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { COMPILED_CODE } from './compiled-code.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const WITHIN_MS = 60_000;

export type Program = {
  readonly process: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** Resolves when standard output matches. */
  readonly says: (what: RegExp) => Promise<void>;
  /** The exit status, or the name of the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
};

/** Starts `cd-helper …` in a separate process. The environment contains only what is given. */
export const startProgram = (
  args: readonly string[],
  given: {
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string;
    /** The user to run as, if different from this process. */
    readonly uid?: number;
  } = {},
): Program => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...COMPILED_CODE, ...given.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: WITHIN_MS,
    ...(given.uid === undefined ? {} : { uid: given.uid, gid: given.uid }),
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(given.input ?? '');
  return {
    process: child,
    out: () => out,
    err: () => err,
    says: async (what) => {
      await waitUntil(async () => (what.test(out) ? true : null), {
        what: `${args.join(' ')} says ${what}`,
        withinMs: WITHIN_MS,
        everyMs: 20,
      });
    },
    ended: new Promise((resolve) => {
      child.once('close', (code, signal) => resolve(code ?? signal));
    }),
  };
};

/** Runs it to its end. */
export const runProgram = async (
  args: readonly string[],
  given: Parameters<typeof startProgram>[1] = {},
): Promise<{ readonly status: unknown; readonly out: string; readonly err: string }> => {
  const program = startProgram(args, given);
  const status = await program.ended;
  return { status, out: program.out(), err: program.err() };
};
