/**
 * Gathers what the image holds: `node deploy/pack.ts FOLDER [REVISION]`, from the root of the checkout,
 * after the build. Takes the dependencies that are installed already, so it needs no network.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative, resolve, sep } from 'node:path';

const [out = '', revision = ''] = process.argv.slice(2);
if (out === '') throw new Error('usage: node deploy/pack.ts FOLDER [REVISION]');

type Lock = { readonly packages: Readonly<Record<string, { readonly dev?: boolean }>> };
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;

/** Declarations, maps and prose; licences stay with what they cover. */
const IDLE_FILE = /\.(?:map|d\.[cm]?ts|[cm]?ts|md|markdown|tsbuildinfo|gyp|gypi)$/i;
/** Folders at the top of a package that none of its own code loads. */
const IDLE_FOLDERS = new Set(
  'test tests __tests__ bench benchmark benchmarks coverage docs example examples .github'.split(
    ' ',
  ),
);
/** Sources that the package has compiled already. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  'better-sqlite3': ['deps', 'src'],
  zod: ['src'],
};
/** Only headers, for compiling what is there as a binary. */
const FOR_COMPILING = new Set(['node_modules/node-addon-api']);

/** The binary that this machine's node loads, out of those for every platform. */
const chooser = resolve('node_modules/better-sqlite3/lib/binding.js');
const { getPrebuildPath } = createRequire(import.meta.url)(chooser) as {
  getPrebuildPath: () => string | null;
};
const binary = basename(getPrebuildPath() ?? '');
if (binary === '') throw new Error('better-sqlite3 has no binary for this platform');

const belongs = (folder: string, path: string): boolean => {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const [top = '', ...below] = relative(folder, path).split(sep);
  if (top === '') return true;
  // Packages within it are taken for themselves, or not at all.
  if (top === 'node_modules' || IDLE_FOLDERS.has(top)) return false;
  if ((SOURCES[name] ?? []).includes(top)) return false;
  if (name === 'better-sqlite3' && top === 'prebuilds') {
    return below.length === 0 || below[0] === binary;
  }
  return !IDLE_FILE.test(path);
};

for (const [folder, { dev = false }] of Object.entries(lock.packages)) {
  if (folder === '' || dev || FOR_COMPILING.has(folder)) continue;
  try {
    cpSync(folder, join(out, folder), {
      recursive: true,
      filter: (path) => belongs(folder, path),
    });
  } catch (error) {
    // Optional packages of other platforms are in the lock file and not installed.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

cpSync('dist', join(out, 'dist'), { recursive: true, filter: (path) => !IDLE_FILE.test(path) });
writeFileSync(
  join(out, 'dist', 'build.json'),
  `${JSON.stringify({ revision: revision || null })}\n`,
);
for (const file of ['package.json', 'LICENSE']) cpSync(file, join(out, file));
cpSync(join('deploy', 'healthcheck.mjs'), join(out, 'healthcheck.mjs'));
mkdirSync(join(out, 'data'));
