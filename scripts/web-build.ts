import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const BUILT = join(ROOT, 'dist', 'web');
const STAMP = join(ROOT, '.cache', 'web-built-from');
/** Everything that can change the output. */
const SOURCES = ['web', 'src/core'];

const filesOf = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Hashes contents, not times: a checkout gives every file a new time. */
const hashSources = (): string => {
  const hash = createHash('sha256');
  for (const file of [...SOURCES.flatMap(filesOf), join(ROOT, 'package-lock.json')].toSorted()) {
    hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
};

/** Whether the dashboard was never built, or from other sources. */
export const isWebStale = (): boolean =>
  !existsSync(join(BUILT, 'index.html')) ||
  !existsSync(STAMP) ||
  readFileSync(STAMP, 'utf8') !== hashSources();

/** Builds the dashboard into `dist/web`. Throws if the build fails or the result is too large. */
export const buildWeb = async (): Promise<void> => {
  const from = hashSources();
  // Loaded only here, so that a check with nothing to build is fast.
  const { build } = await import('vite');
  // Built in a separate folder and moved into place at once, because others may serve or build it at the same time.
  const aside = join(ROOT, 'dist', `web-${process.pid}`);
  const former = `${aside}-former`;
  try {
    await build({
      configFile: join(ROOT, 'web', 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: aside },
    });
    if (existsSync(BUILT)) renameSync(BUILT, former);
    renameSync(aside, BUILT);
  } finally {
    for (const folder of [aside, former]) rmSync(folder, { recursive: true, force: true });
  }
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  writeFileSync(STAMP, from);
};
