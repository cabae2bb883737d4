import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StoreTrial } from './try-store.ts';

const PROGRAM = fileURLToPath(
  // As it is, or compiled.
  new URL(`try-store-program${extname(import.meta.url)}`, import.meta.url),
);
/** A disk answers in milliseconds, and one behind a network within a few seconds. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Tries a store in a process of its own, because nothing within a process ends a call to a file system that
 * does not answer, such as one on a server that is gone: it would keep the process from ending, too.
 */
export const tryStoreApart = (path: string, signal: AbortSignal): Promise<StoreTrial> =>
  new Promise((resolve, reject) => {
    const child = fork(PROGRAM, [path], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const leave = (): void => {
      child.kill('SIGKILL');
      // Some file systems let not even that through.
      child.unref();
      if (child.connected) child.disconnect();
    };
    const deadline = AbortSignal.timeout(ANSWER_WITHIN_MS);
    deadline.addEventListener('abort', () => {
      leave();
      const why = `no answer from its file system within ${ANSWER_WITHIN_MS / 1000} s: is it on a mount whose server is gone?`;
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
