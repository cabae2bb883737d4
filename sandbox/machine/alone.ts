import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs `work` while no other process on this machine runs work with the same lock file, which is created if it does not
 * exist. The lock ends with this process, however it ends.
 */
export const alone = async <T>(lock: string, work: () => Promise<T>): Promise<T> => {
  // `flock` holds the lock until the command has read its input to the end.
  const holder = spawn('flock', [lock, 'sh', '-c', 'echo held; cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(holder, 'close');
  try {
    await Promise.race([once(holder.stdout, 'data'), gone]);
    if (holder.exitCode !== null) throw new Error(`flock ${lock}: ${holder.exitCode}`);
    return await work();
  } finally {
    holder.stdin.end();
    await gone;
  }
};
