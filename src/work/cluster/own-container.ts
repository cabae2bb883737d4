import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Fewer digits than the engine's short id are more likely a name that somebody chose. */
const ID = /^[0-9a-f]{12,64}$/;
/** Files that the engine keeps for a container, in a folder named after its id, and mounts into it. */
const MOUNTED = /\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf) \/etc\//g;

/**
 * Ids, or beginnings of ids, that our container may have; empty outside a container. The engine uses the beginning of
 * the id as the host name, unless a stack file sets another or the container is on the host's network. The mounts
 * show the whole id in those cases too.
 *
 * @param mountInfo the text of /proc/self/mountinfo, see proc(5)
 */
export const containerIds = (host: string, mountInfo: string): readonly string[] => {
  const mounted = [...mountInfo.matchAll(MOUNTED)].flatMap(([, id]) => id ?? []);
  return [...new Set([...(ID.test(host) ? [host] : []), ...mounted])];
};

/** {@link containerIds} of this process. */
export const ownContainerIds = (): readonly string[] => containerIds(hostname(), readMounts());

/** Empty on systems without this file. */
const readMounts = (): string => {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
};
