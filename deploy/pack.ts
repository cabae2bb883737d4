/**
 * Gathers what the image holds: `node deploy/pack.ts FOLDER [REVISION] [VERSION]`, from the root of the checkout,
 * after the build. Takes the dependencies that are installed already, so it needs no network.
 */
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { copyStripped } from './strip-binary.ts';
import { type LockedPackages, thirdPartyLicences } from './third-party-licences.ts';

const [out = '', revision = '', version = ''] = process.argv.slice(2);
if (out === '') throw new Error('usage: node deploy/pack.ts FOLDER [REVISION] [VERSION]');

type Lock = { readonly packages: LockedPackages };
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;

/** The binary that this machine's node loads, out of those for every platform. */
const chooser = resolve('node_modules/better-sqlite3/lib/binding.js');
const { getPrebuildPath } = createRequire(import.meta.url)(chooser) as {
  getPrebuildPath: () => string | null;
};
const binary = getPrebuildPath();
if (binary === null) throw new Error('better-sqlite3 has no binary for this platform');

/** What the bundle does not hold: a library with a binary, and the page of the API's description. */
const KEPT_APART: Readonly<Record<string, readonly string[]>> = {
  'better-sqlite3': ['package.json', 'lib'],
  '@fastify/swagger-ui': [
    'package.json',
    'index.js',
    'static/index.css',
    'static/favicon-16x16.png',
    'static/favicon-32x32.png',
    'static/swagger-ui.css',
    'static/swagger-ui-bundle.js',
  ],
};
/** What is sent to browsers is kept as they fetch it, and unpacked for a client that cannot. */
const SENT = /\.(?:css|js)$/;
const SENT_FROM = ['dist/web/assets', 'node_modules/@fastify/swagger-ui/static'];

for (const [name, paths] of Object.entries(KEPT_APART)) {
  for (const path of paths) {
    const file = join('node_modules', name, path);
    cpSync(file, join(out, file), { recursive: true });
  }
}
const prebuilds = join(out, 'node_modules/better-sqlite3/prebuilds');
mkdirSync(prebuilds);
copyStripped(binary, join(prebuilds, basename(binary)));
cpSync('dist', join(out, 'dist'), { recursive: true });
for (const folder of SENT_FROM) {
  for (const file of globSync(join(out, folder, '*')).filter((name) => SENT.test(name))) {
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
    rmSync(file);
  }
}
writeFileSync(
  join(out, 'dist', 'build.json'),
  // JSON leaves out what is undefined.
  `${JSON.stringify({ version: version.replace(/^v/, '') || undefined, revision: revision || undefined })}\n`,
);
for (const file of ['package.json', 'LICENSE']) cpSync(file, join(out, file));
writeFileSync(join(out, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicences(lock.packages));
cpSync(join('deploy', 'healthcheck.mjs'), join(out, 'healthcheck.mjs'));
// The store is for its owner alone.
mkdirSync(join(out, 'data'), { mode: 0o700 });
