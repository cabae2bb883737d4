import { globSync } from 'node:fs';
import { ensureCommands } from '../machine/packages.ts';

const FOLDERS = '/usr/lib/postgresql/*/bin';
/** Debian's package creates this user. PostgreSQL refuses to run as root. */
const USER = 'postgres';

const versionOf = (folder: string): number => Number(folder.split('/').at(-2));

/** Folder of the newest PostgreSQL installed from Debian. */
const findPrograms = (): string | null =>
  globSync(FOLDERS).toSorted((one, other) => versionOf(other) - versionOf(one))[0] ?? null;

/**
 * Ensures that Debian's PostgreSQL is installed, and PgBouncer if requested. Returns the folder of PostgreSQL's
 * programs. Starts no service. Throws `NoRealEngine` if this machine cannot have them.
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

/** A command that runs as PostgreSQL's own user and ends with its parent process. */
export const asPostgres = (...command: readonly string[]): readonly string[] => [
  '/usr/bin/setpriv',
  `--reuid=${USER}`,
  `--regid=${USER}`,
  '--clear-groups',
  // A change of user clears a signal that was set before it.
  '--pdeathsig=KILL',
  ...command,
];
