import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { alone } from './alone.ts';
import { SYSTEM_PATH } from './child.ts';

/** This machine cannot run a real engine. The message says why, and what to do. */
export class NoRealEngine extends Error {
  override readonly name = 'NoRealEngine';
}

const run = promisify(execFile);

const FOLDERS = SYSTEM_PATH.split(':');
/** Since Debian 13, the command line is a separate package, which `docker.io` only recommends. */
const DOCKER_CLI = 'docker-cli';
const PACKAGE_OF: Readonly<Record<string, string>> = {
  dockerd: 'docker.io',
  docker: DOCKER_CLI,
  'docker-registry': 'docker-registry',
  ip: 'iproute2',
  setpriv: 'util-linux',
  unshare: 'util-linux',
  nsenter: 'util-linux',
};

const POLICY = '/usr/sbin/policy-rc.d';
const KEPT_POLICY = `${POLICY}.before-sandbox`;
/** Exit status 101 forbids the start of a service. */
const OWN_POLICY = '#!/bin/sh\n# While cd-helper installs packages for its sandbox.\nexit 101\n';
const INSTALL_WITHIN_MS = 600_000;
/** Test files run in parallel. None may restore the policy while another one still installs. */
const LOCK = '/run/cd-helper-packages.lock';
const LOCK_WAIT = '-oDPkg::Lock::Timeout=300';

const isThere = (command: string): boolean =>
  command.startsWith('/')
    ? globSync(command).length > 0
    : FOLDERS.some((folder) => existsSync(join(folder, command)));

const missingPackages = (packageOf: Readonly<Record<string, string>>): readonly string[] => {
  const missing = Object.entries(packageOf).filter(([command]) => !isThere(command));
  return [...new Set(missing.map(([, name]) => name))];
};

const isOwnPolicy = async (): Promise<boolean> =>
  (await readFile(POLICY, 'utf8').catch(() => '')) === OWN_POLICY;

/** Keeps packages from starting services while `work` runs, then restores the previous policy. */
const withoutServiceStarts = async (work: () => Promise<void>): Promise<void> => {
  // If our own policy is there, an earlier run was killed before it restored the real one.
  if (existsSync(POLICY) && !(await isOwnPolicy())) await rename(POLICY, KEPT_POLICY);
  await writeFile(POLICY, OWN_POLICY, { mode: 0o755 });
  try {
    await work();
  } finally {
    if (existsSync(KEPT_POLICY)) await rename(KEPT_POLICY, POLICY);
    else await rm(POLICY, { force: true });
  }
};

const aptGet = async (
  signal: AbortSignal | undefined,
  ...args: readonly string[]
): Promise<void> => {
  const options = { timeout: INSTALL_WITHIN_MS, maxBuffer: 64 * 1024 * 1024, signal };
  await run(
    'env',
    ['DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', LOCK_WAIT, ...args],
    options,
  );
};

/** Debian 12 has no package for the command line, because it comes with the engine: use `docker.io` instead. */
const withCliOfRelease = async (packages: readonly string[]): Promise<readonly string[]> => {
  if (!packages.includes(DOCKER_CLI)) return packages;
  const { stdout } = await run('apt-cache', ['search', '--names-only', `^${DOCKER_CLI}$`]);
  if (stdout !== '') return packages;
  return [...packages.filter((name) => name !== DOCKER_CLI), 'docker.io'];
};

/**
 * Ensures that there is an engine, a registry and what starts them. Installs missing Debian packages without starting
 * any of their services. Throws {@link NoRealEngine} if that is not possible.
 *
 * @param also more commands, each with its package
 */
export const ensurePackages = (
  tell: (line: string) => void,
  signal?: AbortSignal,
  also: Readonly<Record<string, string>> = {},
): Promise<void> => ensureCommands({ ...PACKAGE_OF, ...also }, tell, signal);

/**
 * Ensures that commands exist, each with the Debian package that contains it. A path, with or without wildcards, stands
 * for a command outside the usual folders. Installs missing packages without starting a service. Throws
 * {@link NoRealEngine} if that is not possible.
 */
export const ensureCommands = async (
  packageOf: Readonly<Record<string, string>>,
  tell: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> => {
  if (process.platform !== 'linux') throw new NoRealEngine('a real engine needs Linux');
  if (process.getuid?.() !== 0) throw new NoRealEngine('a real engine needs root');
  const missing = missingPackages(packageOf);
  if (missing.length === 0) return;
  if (!isThere('apt-get')) {
    throw new NoRealEngine(`missing ${missing.join(', ')}, and no apt-get to install it with`);
  }
  tell(`installing Debian's ${missing.join(', ')} (once; none of their services is started)`);
  try {
    await alone(LOCK, () =>
      withoutServiceStarts(async () => {
        await aptGet(signal, 'update');
        const wanted = await withCliOfRelease(missing);
        await aptGet(signal, 'install', '-y', '--no-install-recommends', ...wanted);
      }),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 2000) : String(error);
    throw new NoRealEngine(`apt-get could not install ${missing.join(', ')}: ${reason}`, {
      cause: error,
    });
  }
};
