import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { dockerFor } from './docker.ts';

const ROOT = join(import.meta.dirname, '../../..');
export const NODE_IMAGE = 'local/node:24';
export const BUILD_IMAGE = 'local/node-build:24';

const find = (command: string): string => {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, command)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`no ${command} on this machine`);
  return realpathSync(found);
};

/** Puts a program at its path in the image, with its linked libraries and their loader. */
const addProgram = (root: string, program: string, path: string): void => {
  mkdirSync(join(root, dirname(path)), { recursive: true });
  copyFileSync(program, join(root, path));
  const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/\/\S+/g);
  for (const [library] of libraries) {
    if (existsSync(join(root, library))) continue;
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
};

const addNode = (root: string): void => {
  addProgram(root, process.execPath, '/usr/local/bin/node');
  mkdirSync(join(root, 'tmp'));
  chmodSync(join(root, 'tmp'), 0o1777);
};

/** Parts of the C library that the linter needs but node does not. */
const OTHER_PARTS = ['librt.so.1', 'libresolv.so.2', 'libutil.so.1'];

const addLibraryParts = (root: string): void => {
  const [libc = ''] =
    /\/\S+\/libc\.so\.\d/.exec(execFileSync('ldd', [process.execPath], { encoding: 'utf8' })) ?? [];
  for (const part of OTHER_PARTS) {
    const library = join(dirname(libc), part);
    if (existsSync(library)) copyFileSync(library, join(root, library));
  }
};

/** What `./dev` uses in addition to node. */
const addTools = (root: string): void => {
  addLibraryParts(root);
  const commands = 'bash sh env readlink dirname sha256sum cut uname id cat mkdir'.split(' ');
  for (const command of commands) {
    addProgram(root, find(command), `/usr/bin/${command}`);
    addProgram(root, find(command), `/bin/${command}`);
  }
  const npm = dirname(dirname(find('npm')));
  cpSync(npm, join(root, '/usr/local/lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, '/usr/local/bin/npm'));
};

type Docker = ReturnType<typeof dockerFor>;

const importTar = async (docker: Docker, name: string, args: readonly string[]): Promise<void> => {
  const tar = spawn('tar', ['--create', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  await docker(['import', '-', name], { stdin: tar.stdout });
};

/**
 * Makes the two base images of the product's Dockerfile from this machine's own node and tools, because no image can be
 * pulled here. One is for running. The other is for building and includes the dependencies installed here, in the form
 * that `./dev` leaves them, because there is no network either.
 */
export const importNodeImages = async (docker: Docker, folder: string): Promise<void> => {
  const slim = join(folder, 'slim');
  addNode(slim);
  const full = join(folder, 'full');
  addNode(full);
  addTools(full);
  const stamped = join(folder, 'stamped');
  mkdirSync(join(stamped, 'app/node_modules'), { recursive: true });
  const lock = readFileSync(join(ROOT, 'package-lock.json'));
  const stamp = `${createHash('sha256').update(lock).digest('hex')}\n`;
  writeFileSync(join(stamped, 'app/node_modules/.installed-from'), stamp);
  await importTar(docker, NODE_IMAGE, ['-C', slim, '.']);
  // Excludes caches that other programs may be writing to.
  const excluded = ['.installed-from', '.v*', '.cache'].map(
    (name) => `--exclude=node_modules/${name}`,
  );
  const moved = '--transform=flags=r;s,^node_modules,app/node_modules,';
  await importTar(docker, BUILD_IMAGE, [
    '--anchored',
    ...excluded,
    moved,
    `--directory=${full}`,
    '.',
    `--directory=${stamped}`,
    'app/node_modules/.installed-from',
    `--directory=${ROOT}`,
    'node_modules',
  ]);
};
