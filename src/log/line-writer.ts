import { writeSync } from 'node:fs';
import { openWithoutBlocking } from './open-without-blocking.ts';

export type LineWriter = {
  /** Accepts one line including its line end. Never waits and never throws. */
  readonly write: (line: string) => void;
  /** Lines lost so far because the reader did not take them. */
  readonly dropped: () => number;
};

export type LineWriterOptions = {
  /** The line that says how many were lost, written once lines go out again. */
  readonly tellDropped: (lines: number) => string;
  /** Maximum number of bytes to keep while a reader has stopped or a disk is full. */
  readonly mostBytes?: number;
};

/** Lines are written once they are this long together: about the size that a pipe accepts at once. */
const GATHERED_BYTES = 8 * 1024;
const MOST_BYTES = 1024 * 1024;
/** A reader that is only slow soon makes room. */
const AGAIN_MS = 20;
/** A full disk stays full for a while. */
const AGAIN_AFTER_ERROR_MS = 1_000;
/** How long the end of the process waits for a reader. */
const LINGER_MS = 500;

const isAgain = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EAGAIN';

/**
 * Writes lines to a file descriptor at the end of each turn of the event loop, because a write costs more than
 * formatting a line. It never waits for the reader. What the reader does not take is kept up to a limit, then dropped
 * and counted, so a full disk or a stopped reader blocks nothing. At the end of the process, the rest is written if
 * that is possible at once.
 */
export const createLineWriter = (file: number, options: LineWriterOptions): LineWriter => {
  const { tellDropped, mostBytes = MOST_BYTES } = options;
  const target = openWithoutBlocking(file);
  let lines: string[] = [];
  let gathered = 0;
  /** The rest of a partial write. */
  let rest = Buffer.alloc(0);
  let dropped = 0;
  let untold = 0;
  let isDue = false;
  let timer: NodeJS.Timeout | null = null;

  /** In how many ms to continue; null if everything is written. */
  const writeOut = (): number | null => {
    for (;;) {
      if (rest.length === 0) {
        if (lines.length === 0) return null;
        rest = Buffer.from(lines.join(''));
        lines = [];
        gathered = 0;
      }
      try {
        rest = rest.subarray(writeSync(target, rest));
      } catch (error) {
        return isAgain(error) ? AGAIN_MS : AGAIN_AFTER_ERROR_MS;
      }
      if (rest.length === 0 && untold > 0) {
        lines.push(tellDropped(untold));
        untold = 0;
      }
    }
  };

  const flush = (): void => {
    isDue = false;
    // While waiting for room, only collect lines.
    if (timer !== null) return;
    const againMs = writeOut();
    if (againMs === null) return;
    timer = setTimeout(() => {
      timer = null;
      flush();
    }, againMs).unref();
  };

  process.once('exit', () => {
    const until = performance.now() + LINGER_MS;
    const asleep = new Int32Array(new SharedArrayBuffer(4));
    while (writeOut() === AGAIN_MS && performance.now() < until) {
      Atomics.wait(asleep, 0, 0, AGAIN_MS);
    }
  });

  return {
    dropped: () => dropped,
    write: (line) => {
      if (rest.length + gathered + line.length > mostBytes) {
        dropped += 1;
        untold += 1;
        return;
      }
      lines.push(line);
      gathered += line.length;
      if (gathered >= GATHERED_BYTES) return flush();
      if (isDue) return;
      isDue = true;
      setImmediate(flush);
    },
  };
};
