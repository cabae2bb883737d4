import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLineChild } from './child.ts';

const FILE = fileURLToPath(new URL('../floor/same-bytes.ts', import.meta.url));

export type SameBytes = {
  readonly url: string;
  readonly stop: () => Promise<void>;
};

/** `floor/same-bytes.ts` in a separate process: `/0` is the first of these texts, `/1` the second. */
export const startSameBytes = async (texts: readonly string[]): Promise<SameBytes> => {
  const folder = mkdtempSync(join(tmpdir(), 'same-bytes-'));
  const paths = texts.map((text, index) => {
    const path = join(folder, String(index));
    writeFileSync(path, text);
    return path;
  });
  const child = startLineChild({ file: FILE, args: paths });
  try {
    const ready = await child.line(({ msg }) => msg === 'ready');
    return { url: String(ready['address']), stop: child.stop };
  } finally {
    // The process has read the files by now.
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A page of `bytes` bytes with one table row, as tall as a table with thousands. */
export const pageOf = (bytes: number): string => {
  const start =
    '<!doctype html><title>.</title><div class="body"><p role="row" style="height:90000px">row</p></div><!--';
  return `${start}${'x'.repeat(Math.max(bytes - start.length - 3, 0))}-->`;
};
