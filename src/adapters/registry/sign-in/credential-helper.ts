import { spawn } from 'node:child_process';
import { z } from 'zod';
import { createSecret } from '../../../core/secret.ts';
import { TimeUp, withinLimit } from '../../exchange/deadline.ts';
import { type Credentials, TOKEN_USERNAME } from './docker-config.ts';

export type HelperAnswer =
  | { readonly kind: 'found'; readonly credentials: Credentials }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly problem: string };

const MOST_BYTES = 64 * 1024;
/** Every helper writes this to standard output for an unknown server. */
const NOT_FOUND = 'credentials not found in native keychain';

const Answer = z.object({ Username: z.string(), Secret: z.string() });

type Finished = { readonly status: number | null; readonly output: string };

class TooMuch extends Error {}

const runHelper = (command: string, input: string, signal: AbortSignal): Promise<Finished> =>
  new Promise((resolve, reject) => {
    // A process group of its own, so that the children of a script end with it.
    const child = spawn(command, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (error: Error): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The process has already exited.
      }
      child.stdout.destroy();
      reject(error);
    };
    const onAbort = (): void => end(signal.reason instanceof Error ? signal.reason : new TimeUp());
    signal.addEventListener('abort', onAbort, { once: true });
    child.once('error', reject);
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_BYTES) end(new TooMuch());
      else chunks.push(chunk);
    });
    child.once('close', (status) => {
      signal.removeEventListener('abort', onAbort);
      resolve({ status, output: Buffer.concat(chunks).toString() });
    });
  });

const readAnswer = (text: string): Credentials | null => {
  try {
    const { Username, Secret } = Answer.parse(JSON.parse(text));
    return Username === TOKEN_USERNAME
      ? { kind: 'identity-token', token: createSecret(Secret) }
      : { kind: 'password', username: Username, password: createSecret(Secret) };
  } catch {
    return null;
  }
};

/**
 * Asks `docker-credential-<helper>` on the PATH for the credentials of `server`, with
 * {@link https://github.com/docker/docker-credential-helpers#development Docker's protocol}. Nothing that the helper
 * writes is quoted. Throws only the caller's reason.
 */
export const askCredentialHelper = async (
  helper: string,
  server: string,
  caller: AbortSignal,
  limitMs: number,
): Promise<HelperAnswer> => {
  const failed = (problem: string): HelperAnswer => ({
    kind: 'failed',
    problem: `the credential helper ${helper} ${problem}`,
  });
  if (!/^[\w.-]{1,64}$/.test(helper)) {
    return { kind: 'failed', problem: 'a credential helper has an invalid name' };
  }
  try {
    const { status, output } = await withinLimit(caller, limitMs, (signal) =>
      runHelper(`docker-credential-${helper}`, server, signal),
    );
    if (status !== 0) {
      return output.trim() === NOT_FOUND ? { kind: 'none' } : failed(`failed (status ${status})`);
    }
    const credentials = readAnswer(output);
    return credentials === null ? failed('wrote no credentials') : { kind: 'found', credentials };
  } catch (error) {
    caller.throwIfAborted();
    if (error instanceof TimeUp) return failed(`did not answer within ${limitMs / 1000} s`);
    if (error instanceof TooMuch) return failed('wrote more than 64 KiB');
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return failed(isMissing ? 'is not installed' : 'could not be run');
  }
};
