import { closeSync, openSync, readSync } from 'node:fs';

/** Larger than any configuration, certificate or secret. */
const BIGGEST_FILE = 1_048_576;

/** The text of a small file. Throws what Node throws, and if the file is too large. */
export const readTextFile = (path: string): string => {
  const descriptor = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(BIGGEST_FILE + 1);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += read;
      if (read === 0) return buffer.toString('utf8', 0, length);
      if (length > BIGGEST_FILE) throw new Error(`it is bigger than ${BIGGEST_FILE} bytes`);
    }
  } finally {
    closeSync(descriptor);
  }
};
