import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StoreTrial } from './try-store.ts';

const PROGRAM = fileURLToPath(
  // Source or compiled.
  new URL(`try-store-program${extname(import.meta.url)}`, import.meta.url),
);
/** A disk answers in milliseconds, a network file system within a few seconds. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Tries a store in a separate process. Nothing within a process can end a call to a file system that does not answer,
 * for example on a server that is gone, and the process could not exit either.
 */
export const tryStoreApart = (path: string, signal: AbortSignal): Promise<StoreTrial> =>
  new Promise((resolve, reject) => {
    const child = fork(PROGRAM, [path], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const leave = (): void => {
      child.kill('SIGKILL');
      // On some file systems not even SIGKILL takes effect.
      child.unref();
      if (child.connected) child.disconnect();
    };
    const deadline = AbortSignal.timeout(ANSWER_WITHIN_MS);
    deadline.addEventListener('abort', () => {
      leave();
      const why = `no answer from its file system within ${ANSWER_WITHIN_MS / 1000} s: is it on a network mount whose server is down?`;
      resolve({ kind: 'refused', why: `the store ${path}: ${why}` });
    });
    signal.addEventListener('abort', () => {
      leave();
      reject(signal.reason);
    });
    child.once('message', (trial) => resolve(trial as StoreTrial));
    child.once('error', reject);
    child.once('exit', (code, by) => {
      reject(new Error(`the store ${path} could not be tried: it ended with ${code ?? by}`));
    });
  });
