import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';

/**
 * A descriptor for the same target as `file`, on which a write never waits: without room, it fails with `EAGAIN`. A
 * file on a disk is used as it is.
 */
export const openWithoutBlocking = (file: number): number => {
  const about = fstatSync(file);
  if (about.isFile()) return file;
  if (about.isFIFO() || about.isCharacterDevice()) {
    try {
      // A new descriptor: other processes that share the first one, such as a shell, still expect it to block.
      const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
      const own = openSync(`/proc/self/fd/${file}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
      // Use it only if it is the same target.
      if (fstatSync(own).ino === about.ino) return own;
      closeSync(own);
    } catch {
      // Opening may be forbidden: a pipe or terminal may belong to another user. Try the next way.
    }
  }
  // Node makes the descriptor of a socket or pipe non-blocking.
  if (about.isFIFO() || about.isSocket()) new Socket({ fd: file, readable: false }).unref();
  return file;
};
