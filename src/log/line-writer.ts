import { writeSync } from 'node:fs';
import { openWithoutBlocking } from './open-without-blocking.ts';

export type LineWriter = {
  /** Takes one line with its end. Never waits and never throws. */
  readonly write: (line: string) => void;
  /** Lines that were lost so far because nobody took them. */
  readonly dropped: () => number;
};

export type LineWriterOptions = {
  /** The line that says how many were lost, once lines go out again. */
  readonly tellDropped: (lines: number) => string;
  /** More than this is not kept for a reader that has stopped, or until a disk has room. */
  readonly mostBytes?: number;
};

/** Lines are written out before they are longer than this together: about the size that a pipe takes whole. */
const GATHERED_BYTES = 8 * 1024;
const MOST_BYTES = 1024 * 1024;
/** A reader that is only slow makes room soon. */
const AGAIN_MS = 20;
/** A disk that is full stays so for a while. */
const AGAIN_AFTER_ERROR_MS = 1_000;
/** The end of the process waits so long for a reader. */
const LINGER_MS = 500;

const isAgain = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EAGAIN';

/**
 * Writes lines to a file descriptor at the end of each turn of the event loop, because a write costs more than the
 * making of a line. It never waits for whoever reads: what nobody takes is kept up to a limit and then dropped and
 * counted, so that a full disk or a stopped reader holds up nothing. The end of the process writes the rest, if that
 * is possible at once.
 */
export const createLineWriter = (file: number, options: LineWriterOptions): LineWriter => {
  const { tellDropped, mostBytes = MOST_BYTES } = options;
  const target = openWithoutBlocking(file);
  let lines: string[] = [];
  let gathered = 0;
  /** The rest of what was begun to be written. */
  let rest = Buffer.alloc(0);
  let dropped = 0;
  let untold = 0;
  let isDue = false;
  let timer: NodeJS.Timeout | null = null;

  /** In how many ms to go on; null where all is written. */
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
    // While it waits for room, lines only gather.
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
