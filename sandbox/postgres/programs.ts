import { globSync } from 'node:fs';
import { ensureCommands } from '../machine/packages.ts';

const FOLDERS = '/usr/lib/postgresql/*/bin';
/** Debian's package makes this user; PostgreSQL refuses to run as root. */
const USER = 'postgres';

const versionOf = (folder: string): number => Number(folder.split('/').at(-2));

/** Folder of the newest PostgreSQL that Debian has installed here. */
const findPrograms = (): string | null =>
  globSync(FOLDERS).toSorted((one, other) => versionOf(other) - versionOf(one))[0] ?? null;

/**
 * Makes sure of Debian's PostgreSQL, and of PgBouncer if it is wanted; gives the folder of PostgreSQL's programs. No
 * service is started. Throws `NoRealEngine` where this machine cannot have them.
 */
export const ensurePostgres = async (
  wish: { readonly bouncer: boolean; readonly tell: (line: string) => void },
  signal?: AbortSignal,
): Promise<string> => {
  const packages = {
    [`${FOLDERS}/postgres`]: 'postgresql',
    ...(wish.bouncer ? { pgbouncer: 'pgbouncer' } : {}),
  };
  await ensureCommands(packages, wish.tell, signal);
  const folder = findPrograms();
  if (folder === null) throw new Error(`no PostgreSQL in ${FOLDERS} after its installation`);
  return folder;
};

/** A command that runs as PostgreSQL's own user, and ends with the process that started it. */
export const asPostgres = (...command: readonly string[]): readonly string[] => [
  '/usr/bin/setpriv',
  `--reuid=${USER}`,
  `--regid=${USER}`,
  '--clear-groups',
  // Changing the user forgets the signal that was set before it.
  '--pdeathsig=KILL',
  ...command,
];
