import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kill, startChild, stopChild, SYSTEM_PATH } from '../machine/child.ts';
import { freePort } from '../machine/network.ts';
import { HopelessError, waitUntil } from '../machine/wait-until.ts';
import type { Stage } from './stage.ts';

/** A `cd-helper serve` in a separate process. */
export type Helper = {
  readonly url: string;
  readonly hookUrl: string;
  readonly token: string;
  readonly logFile: string;
  /** Calls the API; null if there is no such route. Throws on any other failure. */
  readonly ask: <T>(method: 'GET' | 'POST', path: string, body?: unknown) => Promise<T | null>;
  readonly stop: () => Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  readonly kill: () => Promise<void>;
};

/** The credentials of senders and people. */
export type Keys = { readonly secret: string; readonly token: string };

export const newKeys = (): Keys => ({
  secret: randomBytes(18).toString('base64url'),
  token: randomBytes(24).toString('base64url'),
});

type HelperOptions = {
  /** Distinguishes the log of this helper from others. */
  readonly name?: string;
  /** Default: a new file. */
  readonly store?: string;
  /** The keys of other instances with the same store; default: new ones. */
  readonly keys?: Keys;
};

const ROOT = join(import.meta.dirname, '..', '..');
const READY_WITHIN_MS = 20_000;
const ANSWER_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 15_000;
const NOT_FOUND = 404;

const lastLines = async (file: string): Promise<string> =>
  (await readFile(file, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-8).join('\n');

/**
 * Starts the helper for this stage and waits until it is ready. Otherwise, throws with the last lines of its output.
 */
export const startHelper = async (
  stage: Pick<Stage, 'engineUrl' | 'registryHost' | 'folder'>,
  signal: AbortSignal,
  options: HelperOptions = {},
): Promise<Helper> => {
  const { name = 'helper', store = join(stage.folder, 'cd-helper.db'), keys = newKeys() } = options;
  const { secret, token } = keys;
  const address = `127.0.0.1:${await freePort()}`;
  const logFile = join(stage.folder, `${name}.log`);
  const child = await startChild({
    command: [process.execPath, join(ROOT, 'src/main.ts'), 'serve'],
    folder: stage.folder,
    stdout: logFile,
    stderr: logFile,
    env: {
      PATH: SYSTEM_PATH,
      CD_HELPER_LISTEN: address,
      CD_HELPER_STORE: store,
      CD_HELPER_HOOK_SECRET: secret,
      CD_HELPER_API_TOKEN: token,
      CD_HELPER_ENGINE_URL: stage.engineUrl,
      CD_HELPER_REGISTRY_INSECURE: stage.registryHost,
    },
  });
  const url = `http://${address}`;
  const stop = () => stopChild(child, STOP_WITHIN_MS);

  const ask = async <T>(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
  ): Promise<T | null> => {
    if (child.hasEnded()) throw new Error(`the helper has ended: ${await lastLines(logFile)}`);
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    const text = await answer.text();
    if (answer.status === NOT_FOUND) return null;
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 500)}`);
    return JSON.parse(text) as T;
  };

  try {
    await waitUntil(
      async () => {
        if (child.hasEnded()) throw new HopelessError(`it ended: ${await child.ended}`);
        return (await fetch(`${url}/readyz`, { signal })).ok ? true : null;
      },
      { what: 'the helper is ready', withinMs: READY_WITHIN_MS, signal },
    );
  } catch (error) {
    await stop();
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the helper did not start: ${reason}\n${await lastLines(logFile)}`, {
      cause: error,
    });
  }
  return {
    url,
    hookUrl: `${url}/hooks/${secret}`,
    token,
    logFile,
    ask,
    stop,
    kill: async () => {
      kill(child.pid, 'SIGKILL');
      await child.ended;
    },
  };
};
