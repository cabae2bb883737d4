import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Fewer digits than the engine's short id are more likely a name that somebody chose. */
const ID = /^[0-9a-f]{12,64}$/;
/** Files that the engine keeps for a container, in a folder of its id, and mounts into it. */
const MOUNTED = /\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf) \/etc\//g;

/**
 * What the id of the container that this process runs in may be, or begin with; none outside of one.
 * The engine makes the beginning of the id the host name, but neither where a stack file gives
 * another nor on the host's own network; what it mounts tells the whole id there too.
 *
 * @param mountInfo as proc(5) describes /proc/self/mountinfo
 */
export const containerIds = (host: string, mountInfo: string): readonly string[] => {
  const mounted = [...mountInfo.matchAll(MOUNTED)].flatMap(([, id]) => id ?? []);
  return [...new Set([...(ID.test(host) ? [host] : []), ...mounted])];
};

/** {@link containerIds} of this process. */
export const ownContainerIds = (): readonly string[] => containerIds(hostname(), readMounts());

/** Empty on systems that have no such file. */
const readMounts = (): string => {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
};
