import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { API_TOKEN, type RunningHelper } from './start-helper.ts';
import { COMPILED_CODE } from './compiled-code.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const END_WITHIN_MS = 120_000;

export type CommandResult = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs `cd-helper …` against a helper in a separate process, as an operator does. */
export const runCommand = (
  helper: Pick<RunningHelper, 'url'>,
  ...args: readonly string[]
): Promise<CommandResult> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, ...args],
      {
        env: {
          PATH: process.env['PATH'],
          ...COMPILED_CODE,
          HOME: '/nonexistent',
          CD_HELPER_URL: helper.url,
          CD_HELPER_API_TOKEN: API_TOKEN,
        },
        timeout: END_WITHIN_MS,
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      },
    );
  });
