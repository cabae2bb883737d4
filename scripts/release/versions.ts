import { execFileSync, spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A place that contains the version, and the version there, without the `v` of a tag. */
export type Place = { readonly where: string; readonly version: string };

/** The image that a stack file uses by default. */
const DEFAULT_IMAGE = /\$\{CD_HELPER_IMAGE:-([^}\s]+):v?([^}:\s]+)\}/g;
/** The image that verify-w-docker.sh builds, as written in the instructions. */
const BUILT_IMAGE = /(?<![\w/-])cd-helper:(\d+\.\d+\.\d+(?:-[\w.-]+)?)/g;
const STACK_FILES = 'deploy/stack*.yml';
const INSTRUCTIONS = ['README.md', 'docs/install.md', STACK_FILES];

const read = (root: string, file: string): string => readFileSync(join(root, file), 'utf8');

const namedIn = (root: string, files: string | readonly string[], name: RegExp): readonly Place[] =>
  globSync(files, { cwd: root })
    .toSorted()
    .flatMap((file) =>
      [...read(root, file).matchAll(name)].map((found) => ({
        where: file,
        version: found.at(-1) ?? '',
      })),
    );

/** The version in every file of a checkout that a release changes. */
export const writtenVersions = (root: string): readonly Place[] => {
  const own = JSON.parse(read(root, 'package.json')) as { version: string };
  const lock = JSON.parse(read(root, 'package-lock.json')) as {
    version: string;
    packages: { '': { version: string } };
  };
  return [
    { where: 'package.json', version: own.version },
    { where: 'package-lock.json', version: lock.version },
    { where: 'package-lock.json, packages', version: lock.packages[''].version },
    ...namedIn(root, STACK_FILES, DEFAULT_IMAGE),
    ...namedIn(root, INSTRUCTIONS, BUILT_IMAGE),
    ...namedIn(root, 'CHANGELOG.md', /^## (\S+)/gm).slice(0, 1),
  ];
};

/** The repository of the image that the stack files use by default. */
export const defaultImage = (root: string): string =>
  [...read(root, 'deploy/stack.yml').matchAll(DEFAULT_IMAGE)][0]?.[1] ?? '';

/**
 * Writes a new version to those files, except the changelog. `image` is the repository that the version will be
 * published in. It becomes the default in the stack files.
 */
export const writeVersion = (root: string, version: string, image: string): void => {
  const write = (file: string, text: string): void => writeFileSync(join(root, file), text);
  const [{ version: before }] = writtenVersions(root) as [Place, ...Place[]];
  write(
    'package.json',
    read(root, 'package.json').replace(`"version": "${before}"`, `"version": "${version}"`),
  );
  // The first two are the package itself.
  let left = 2;
  const lock = read(root, 'package-lock.json').replaceAll(`"version": "${before}"`, (whole) =>
    left-- > 0 ? `"version": "${version}"` : whole,
  );
  write('package-lock.json', lock);
  for (const file of globSync(INSTRUCTIONS, { cwd: root })) {
    const text = read(root, file)
      .replaceAll(DEFAULT_IMAGE, `\${CD_HELPER_IMAGE:-${image}:v${version}}`)
      .replaceAll(BUILT_IMAGE, `cd-helper:${version}`);
    write(file, text);
  }
};

const TOKEN = 'only-for-this-check-0123456789';
const READY_WITHIN_MS = 60_000;

/**
 * The version that the program of a checkout reports in `--version`, the log, `/version.txt`, the OpenAPI description,
 * and the session that the dashboard reads. Starts a helper with a new store, and stops it.
 */
export const reportedVersions = async (root: string): Promise<readonly Place[]> => {
  const main = join(root, 'src/main.ts');
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  const helper = spawn(process.execPath, [main, 'serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      CD_HELPER_LISTEN: '127.0.0.1:0',
      CD_HELPER_STORE: join(folder, 'store.db'),
      CD_HELPER_API_TOKEN: TOKEN,
      CD_HELPER_HOOK_SECRET: TOKEN.toUpperCase(),
      CD_HELPER_ENGINE_URL: `unix://${folder}/no-engine.sock`,
    },
    timeout: READY_WITHIN_MS,
  });
  const gone = new Promise((resolve) => helper.once('close', resolve));
  try {
    for await (const line of createInterface(helper.stdout)) {
      const { msg, address, version } = JSON.parse(line) as Readonly<Record<string, string>>;
      if (msg !== 'ready' || address === undefined) continue;
      const get = async (path: string): Promise<string> => {
        const headers = { authorization: `Bearer ${TOKEN}` };
        const answer = await fetch(address + path, { headers });
        if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
        return answer.text();
      };
      const openApi = JSON.parse(await get('/openapi.json')) as { info: { version: string } };
      const session = JSON.parse(await get('/api/v1/session')) as { version: string };
      return [
        {
          where: '--version',
          version: execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' }).trim(),
        },
        { where: 'log', version: version ?? '' },
        { where: '/version.txt', version: (await get('/version.txt')).trim().split(' ')[0] ?? '' },
        { where: '/openapi.json', version: openApi.info.version },
        { where: 'dashboard (/api/v1/session)', version: session.version },
      ];
    }
    throw new Error('the helper ended before it was ready');
  } finally {
    helper.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true });
  }
};
