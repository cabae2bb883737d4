import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** What a first visit may fetch, page, scripts and styles together, as gzip: a second on a poor line. */
const MOST_BYTES = 60_000;
const TEXT = new Set(['.html', '.js', '.css', '.svg', '.json']);

type Weight = {
  readonly name: string;
  readonly plain: number;
  readonly gzip: number;
  readonly brotli: number;
};

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1).padStart(7);

/** Writes `.br` and `.gz` beside each file of the build, so that serving costs no processor time. */
const compress = (folder: string): readonly Weight[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => TEXT.has(extname(name)))
    .toSorted()
    .map((name) => {
      const path = join(folder, name);
      const plain = readFileSync(path);
      const gzip = gzipSync(plain, { level: 9 });
      const brotli = brotliCompressSync(plain, {
        params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
      });
      writeFileSync(`${path}.gz`, gzip);
      writeFileSync(`${path}.br`, brotli);
      return { name, plain: plain.length, gzip: gzip.length, brotli: brotli.length };
    });

/** Compresses what was built, prints what it weighs, and fails the build where that is too much. */
export const compressAndWeigh = (): Plugin => {
  let folder = '';
  return {
    name: 'compress-and-weigh',
    apply: 'build',
    configResolved: ({ root, build }) => {
      folder = join(root, build.outDir);
      if (build.outDir.startsWith('/')) folder = build.outDir;
    },
    closeBundle: () => {
      const weights = compress(folder);
      const total = weights.reduce((sum, { gzip }) => sum + gzip, 0);
      const lines = weights.map(
        ({ name, plain, gzip, brotli }) =>
          `${kilobytes(plain)} kB ${kilobytes(gzip)} kB gzip ${kilobytes(brotli)} kB br  ${name}`,
      );
      process.stdout.write(`${lines.join('\n')}\n`);
      process.stdout.write(`${kilobytes(total).trim()} kB gzip in all, of at most 60 kB\n`);
      if (total > MOST_BYTES) throw new Error(`the dashboard weighs ${total} bytes, over 60 kB`);
    },
  };
};
