import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { alone } from '../machine/alone.ts';
import { SYSTEM_PATH } from '../machine/child.ts';
import { downloadPackages, ownRelease, unpack } from '../machine/other-release.ts';
import { NoRealEngine } from '../machine/packages.ts';
import { ENGINE_RELEASES, type EngineVersion } from './engine-choice.ts';

/**
 * Packages of another release. Debian 12 has the command line in `docker.io`, later releases have it in `docker-cli`.
 */
const PACKAGES = ['docker.io', 'containerd'];
const PACKAGES_SINCE_13 = [...PACKAGES, 'docker-cli'];

/** Programs of an engine, by their paths in the packages. The machine's own `runc` works with every engine. */
const PROGRAMS = [
  'usr/sbin/dockerd',
  'usr/bin/docker',
  'usr/bin/containerd',
  'usr/bin/containerd-shim-runc-v2',
];
/** Written last. A folder without it comes from an interrupted download. */
const COMPLETE = 'complete';

const cacheFolder = (): string =>
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'cd-helper-sandbox');

/** The folder with the engine's programs. In a search path, the machine's own folders follow it. */
const fetchEngine = async (
  version: EngineVersion,
  tell: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<string> => {
  const release = ENGINE_RELEASES[version];
  const folder = join(cacheFolder(), `engine-${version}`);
  const programs = join(folder, 'bin');
  await mkdir(cacheFolder(), { recursive: true });
  await alone(join(cacheFolder(), 'lock'), async () => {
    if (existsSync(join(folder, COMPLETE))) return;
    tell(`downloading engine ${version} from Debian's ${release} into ${folder} (once)`);
    const making = `${folder}.new`;
    await rm(making, { recursive: true, force: true });
    await mkdir(join(making, 'bin'), { recursive: true });
    const names = release === 'bookworm' ? PACKAGES : PACKAGES_SINCE_13;
    const packages = await downloadPackages({
      release,
      names,
      folder: join(making, 'apt'),
      signal,
    });
    const found = packages.find(({ name }) => name === 'docker.io')?.version ?? 'none';
    if (!found.startsWith(`${version}.`)) {
      const todo = 'choose another engine, or name the release that has it in engine-choice.ts';
      throw new NoRealEngine(`Debian's ${release} has engine ${found}, not ${version}: ${todo}`);
    }
    const unpacked = join(making, 'unpacked');
    await unpack(packages, unpacked);
    for (const program of PROGRAMS) {
      await rename(join(unpacked, program), join(making, 'bin', basename(program)));
    }
    for (const used of [unpacked, join(making, 'apt')]) await rm(used, { recursive: true });
    await writeFile(join(making, COMPLETE), found);
    await rm(folder, { recursive: true, force: true });
    await rename(making, folder);
  });
  return programs;
};

/**
 * The search path whose `dockerd` and `docker` have the version asked for, with the programs that they start. If that
 * is the machine's own version (or null), these are the machine's programs. Otherwise they are downloaded once from
 * another Debian release into the user's cache and unpacked there. Nothing is installed.
 */
export const enginePath = async (
  version: EngineVersion | null,
  tell: (line: string) => void,
  signal?: AbortSignal,
): Promise<string> => {
  if (version === null || ENGINE_RELEASES[version] === (await ownRelease())) return SYSTEM_PATH;
  return `${await fetchEngine(version, tell, signal)}:${SYSTEM_PATH}`;
};
