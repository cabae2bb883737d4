import pino, { type DestinationStream } from 'pino';

/** Lines are written out before they are longer than this together. */
const MOST_BYTES = 8 * 1024;

/**
 * Writes to a file descriptor at the end of each turn of the event loop what was logged in it, because a
 * write costs more than the making of a line. The end of the process writes the rest, however it ends but
 * by being killed at that instant.
 */
export const gatherLines = (file: number): DestinationStream => {
  const stream = pino.destination({ dest: file, sync: true, minLength: MOST_BYTES });
  let isDue = false;
  // It waits for the disk, which at the end of each turn would be too often, and is none to a pipe.
  process.once('exit', () => stream.flushSync());
  const flush = (): void => {
    isDue = false;
    stream.flush();
  };
  return {
    write: (line) => {
      stream.write(line);
      if (isDue) return;
      isDue = true;
      setImmediate(flush);
    },
  };
};
