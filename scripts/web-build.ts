import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const BUILT = join(ROOT, 'dist', 'web');
const STAMP = join(ROOT, '.cache', 'web-built-from');
/** All that can change what comes out. */
const SOURCES = ['web', 'src/core'];

const filesOf = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Contents, not times: a checkout gives every file a new time. */
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

/** Builds the dashboard into `dist/web`; throws where it cannot be built or weighs too much. */
export const buildWeb = async (): Promise<void> => {
  const from = hashSources();
  // Loaded only now, so that finding nothing to do takes no time.
  const { build } = await import('vite');
  // Built aside and put in place at once, for whoever serves or builds it at the same time.
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
