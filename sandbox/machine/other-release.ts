import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { NoRealEngine } from './packages.ts';

const run = promisify(execFile);

const WITHIN_MS = 300_000;
const LARGEST_OUTPUT = 64 * 1024 * 1024;
/** Debian's keys for all its releases. */
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export type DownloadedPackage = {
  readonly name: string;
  readonly version: string;
  readonly file: string;
};

/** The code name of the machine's own Debian, or '' if it is unknown. */
export const ownRelease = async (): Promise<string> => {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^VERSION_CODENAME=(\S+)$/m.exec(text)?.[1]?.replaceAll('"', '') ?? '';
};

/** The archive that the machine's own release comes from. Every other release is beside it. */
const archive = async (): Promise<string> => {
  const own = await ownRelease();
  const format = '$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)';
  const { stdout } = await run('apt-get', [
    'indextargets',
    '--format',
    format,
    'Created-By: Packages',
  ]);
  const targets = stdout.split('\n').map((line) => line.split('\t'));
  const found = targets.find(([, name, component]) => name === own && component === 'main');
  if (found?.[0] === undefined) {
    throw new NoRealEngine(`apt has no source of this machine's own Debian release ("${own}")`);
  }
  return found[0];
};

/**
 * Downloads packages of another Debian release with apt. It uses its own sources list and state below `folder`. The
 * machine's own apt only shows where Debian's archive is, and does not change.
 */
export const downloadPackages = async (options: {
  readonly release: string;
  readonly names: readonly string[];
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
}): Promise<readonly DownloadedPackage[]> => {
  const { release, names, folder: apt, signal } = options;
  const archives = join(apt, 'archives');
  await mkdir(join(apt, 'lists/partial'), { recursive: true });
  await mkdir(join(archives, 'partial'), { recursive: true });
  const list = join(apt, 'sources.list');
  await writeFile(list, `deb [signed-by=${KEYRING}] ${await archive()} ${release} main\n`);
  const settings = [
    `Dir::Etc::SourceList=${list}`,
    'Dir::Etc::SourceParts=/dev/null',
    'Dir::Etc::Preferences=/dev/null',
    'Dir::Etc::PreferencesParts=/dev/null',
    `Dir::State::Lists=${join(apt, 'lists')}`,
    'Dir::State::Status=/dev/null',
    `Dir::Cache=${apt}`,
    'Acquire::Languages=none',
    // As root, because apt's own user might not be able to enter the folder.
    'APT::Sandbox::User=root',
  ].map((setting) => `-o${setting}`);
  const limits = { cwd: archives, timeout: WITHIN_MS, maxBuffer: LARGEST_OUTPUT, signal };
  try {
    await run('apt-get', ['-q', ...settings, 'update'], limits);
    await run('apt-get', ['-q', ...settings, 'download', ...names], limits);
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 2000) : String(error);
    const what = `apt-get could not download ${names.join(', ')} of Debian's ${release}`;
    throw new NoRealEngine(`${what}: ${reason}`, { cause: error });
  }
  const files = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
  // NAME_VERSION_ARCHITECTURE.deb; apt writes the colon of an epoch as %3a.
  return files.map((file) => {
    const [name = '', version = ''] = basename(file).split('_');
    return { name, version: decodeURIComponent(version), file: join(archives, file) };
  });
};

/** Unpacks packages below `root`, without installing them. */
export const unpack = async (
  packages: readonly DownloadedPackage[],
  root: string,
): Promise<void> => {
  await mkdir(root, { recursive: true });
  for (const { file } of packages) {
    await run('dpkg', ['--extract', file, root], { timeout: WITHIN_MS });
  }
};
