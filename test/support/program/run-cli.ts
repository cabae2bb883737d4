import type { CliDeps } from '../../../src/cli/terminal/cli-deps.ts';
import { runCommandLine } from '../../../src/cli/program.ts';

export type CliResult = { readonly status: number; readonly out: string; readonly err: string };

export type CliWorld = Partial<Omit<CliDeps, 'sources' | 'stdout' | 'stderr'>> & {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Columns of the terminal; without it, there is no terminal. */
  readonly columns?: number;
};

/** 2026-01-01 at noon, local time, in any time zone that tests run in. */
export const NOON = new Date(2026, 0, 1, 12).getTime();

/** Runs the CLI in this process, in a world that the test defines. */
export const runCli = async (argv: readonly string[], world: CliWorld = {}): Promise<CliResult> => {
  const { env = {}, files = {}, columns, ...rest } = world;
  const out: string[] = [];
  const err: string[] = [];
  const terminal = (lines: string[]) => ({
    write: (text: string) => lines.push(text),
    isTTY: columns !== undefined,
    columns,
  });
  const status = await runCommandLine(argv, {
    version: '1.2.3',
    stdout: terminal(out),
    stderr: terminal(err),
    signal: new AbortController().signal,
    now: () => NOON,
    serve: async () => 0,
    checks: () => [],
    inspectEngine: async () => [],
    pollMs: 1,
    ...rest,
    sources: {
      env,
      readFile: (path) => {
        const content = files[path];
        if (content === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' });
        return content;
      },
      modeOf: (path) => (path in files ? 0o600 : null),
    },
  });
  return { status, out: out.join(''), err: err.join('') };
};
