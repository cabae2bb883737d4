import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';

/**
 * A descriptor for what `file` stands for that never makes a write wait: where there is no room, the write fails
 * with `EAGAIN`. A file on a disk is written to as it is.
 */
export const openWithoutBlocking = (file: number): number => {
  const about = fstatSync(file);
  if (about.isFile()) return file;
  if (about.isFIFO() || about.isCharacterDevice()) {
    try {
      // A descriptor of our own: others that share the first, such as a shell, keep waiting as they are used to.
      const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
      const own = openSync(`/proc/self/fd/${file}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
      // A pipe that somebody else made may belong to a user whose files we must not open; so may a terminal.
      if (fstatSync(own).ino === about.ino) return own;
      closeSync(own);
    } catch {
      // The next way does.
    }
  }
  // Node switches what it is given as a socket or pipe to writes that do not wait.
  if (about.isFIFO() || about.isSocket()) new Socket({ fd: file, readable: false }).unref();
  return file;
};
