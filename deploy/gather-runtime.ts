/**
 * Adds to a folder what the program in it runs on, so that the folder is the whole file system of a container:
 * `node gather-runtime.ts FOLDER`, run by the Node that is to run there. Takes Node, the libraries that the system has
 * loaded for it and for SQLite, and what scanners and lawyers want to know of them.
 */
import { lookup } from 'node:dns/promises';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { copyStripped } from './strip-binary.ts';

const [folder = ''] = process.argv.slice(2);
if (folder === '') throw new Error('usage: node gather-runtime.ts FOLDER');
const out = resolve(folder);

const place = (path: string): string => {
  const target = join(out, path);
  mkdirSync(dirname(target), { recursive: true });
  return target;
};
const copyIfThere = (path: string): void => {
  if (existsSync(path)) copyFileSync(path, place(path));
};

/** Whatever is loaded only when it is needed is loaded by now: SQLite, and what resolves names. */
const loadAll = async (): Promise<void> => {
  const Database = createRequire(join(out, 'app/dist/main.js'))('better-sqlite3');
  new Database(':memory:').close();
  await lookup('nowhere.invalid').catch(() => undefined);
};

type Report = { readonly sharedObjects: readonly string[] };

const loadedLibraries = async (): Promise<readonly string[]> => {
  await loadAll();
  const { sharedObjects } = process.report.getReport() as unknown as Report;
  return sharedObjects.filter((path) => path.startsWith('/') && !path.startsWith(`${out}/`));
};

/** Records of the Debian packages that these files are of, where such records exist and scanners look for them. */
const recordPackages = (files: readonly string[]): void => {
  const status = '/var/lib/dpkg/status';
  if (!existsSync(status)) return;
  const isOurs = (name: string, architecture: string): boolean => {
    const list = [name, `${name}:${architecture}`]
      .map((one) => `/var/lib/dpkg/info/${one}.list`)
      .find((one) => existsSync(one));
    if (list === undefined) return false;
    const paths = readFileSync(list, 'utf8').split('\n');
    // Where /lib is a link to /usr/lib, either may be listed.
    return files.some((file) => paths.includes(file) || paths.includes(`/usr${file}`));
  };
  for (const record of readFileSync(status, 'utf8').split('\n\n')) {
    const field = (name: string): string =>
      new RegExp(`^${name}: (.*)$`, 'm').exec(record)?.[1] ?? '';
    const name = field('Package');
    if (!isOurs(name, field('Architecture'))) continue;
    writeFileSync(place(`/var/lib/dpkg/status.d/${name}`), `${record.trim()}\n`);
    copyIfThere(`/usr/share/doc/${name}/copyright`);
  }
};

const libraries = await loadedLibraries();
for (const library of libraries) copyFileSync(library, place(library));
copyStripped(process.execPath, place('/usr/local/bin/node'));
for (const file of ['/usr/local/LICENSE', '/etc/os-release']) copyIfThere(file);
recordPackages(libraries);
writeFileSync(place('/etc/nsswitch.conf'), 'hosts: files dns\n');
mkdirSync(join(out, 'tmp'));
chmodSync(join(out, 'tmp'), 0o1777);
