import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, stopChild, SYSTEM_PATH } from '../../../sandbox/machine/child.ts';
import { canConnect } from '../../../sandbox/machine/network.ts';
import { HopelessError, waitUntil } from '../../../sandbox/machine/wait-until.ts';

const UP_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 5_000;

export type RunningProxy = {
  /** `https://127.0.0.1:PORT`, with a certificate created for the test. */
  readonly origin: string;
  readonly stop: () => Promise<void>;
};

/** Replaces each key of `changes` in a text with its value. Fails if the text does not contain a key. */
export const inPlaceOf = (text: string, changes: Readonly<Record<string, string>>): string => {
  let changed = text;
  for (const [documented, used] of Object.entries(changes)) {
    if (!changed.includes(documented)) throw new Error(`the recipe has no ${documented}`);
    changed = changed.replaceAll(documented, used);
  }
  return changed;
};

/** Starts a proxy that listens on `port`. `folder` is only for this proxy, and is removed with it. */
export const startProxy = async (wish: {
  readonly command: readonly [string, ...string[]];
  readonly folder: string;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<RunningProxy> => {
  const { command, folder, port, env = {} } = wish;
  const log = join(folder, 'errors.log');
  const child = await startChild({
    command,
    stdout: log,
    stderr: log,
    env: { PATH: SYSTEM_PATH, ...env },
  });
  const stop = async (): Promise<void> => {
    await stopChild(child, STOP_WITHIN_MS);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitUntil(
      async () => {
        if (child.hasEnded()) throw new HopelessError(readFileSync(log, 'utf8'));
        return (await canConnect('127.0.0.1', port)) ? true : null;
      },
      { what: `${command[0]} listens`, withinMs: UP_WITHIN_MS },
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { origin: `https://127.0.0.1:${port}`, stop };
};
