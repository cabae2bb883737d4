import { readFileSync, readdirSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Prefix of sandbox folders in the folder for temporary files. */
export const FOLDER_PREFIX = 'cd-helper-sandbox-';

const OWNER_FILE = 'owner';
const CGROUPS = '/sys/fs/cgroup';
/** A folder without an owner belongs to a sandbox that is being created, or that was killed while it was. */
const OWNERLESS_AFTER_MS = 60_000;
const STAT_START_TIME = 19;
const CGROUP_ATTEMPTS = 40;
const CGROUP_PAUSE_MS = 25;
/** Never changes: waiting for it is a pause in code that cannot be asynchronous. */
const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/**
 * The start time of a process in kernel ticks; null if the process is gone. Start time and id together identify a
 * process for ever.
 */
const startTimeOf = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[STAT_START_TIME] ?? null;
  } catch {
    return null;
  }
};

/** Records that this process owns the sandbox in `folder`. */
export const claimFolder = (folder: string): void => {
  writeFileSync(join(folder, OWNER_FILE), `${process.pid} ${startTimeOf(process.pid) ?? ''}`);
};

const isAbandoned = (folder: string): boolean => {
  try {
    const [pid, startTime] = readFileSync(join(folder, OWNER_FILE), 'utf8').split(' ');
    return startTimeOf(Number(pid)) !== startTime;
  } catch {
    try {
      return Date.now() - statSync(folder).mtimeMs > OWNERLESS_AFTER_MS;
    } catch {
      return false;
    }
  }
};

/** The folders of control groups named `name` below the root of each hierarchy (or of the only hierarchy). */
export const cgroupFolders = (name: string): readonly string[] => {
  const roots = [CGROUPS, ...folders(CGROUPS).map((hierarchy) => join(CGROUPS, hierarchy))];
  return roots.map((root) => join(root, name)).filter((folder) => exists(folder));
};

const exists = (folder: string): boolean =>
  statSync(folder, { throwIfNoEntry: false }) !== undefined;

const folders = (folder: string): readonly string[] => {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
};

/** A control group can be removed only when its processes are completely gone, a moment after they were killed. */
const removeCgroup = (folder: string): void => {
  for (const name of folders(folder)) removeCgroup(join(folder, name));
  for (let attempt = 1; exists(folder) && attempt <= CGROUP_ATTEMPTS; attempt += 1) {
    try {
      rmdirSync(folder);
    } catch {
      Atomics.wait(PAUSE, 0, 0, CGROUP_PAUSE_MS);
    }
  }
};

/** The name of a sandbox's control group, derived from its folder. */
export const cgroupName = (folder: string): string =>
  `${folder.slice(folder.lastIndexOf('/') + 1)}.cg`;

/** Removes the files and the control groups of a sandbox whose processes have ended. */
export const removeLeftovers = (folder: string): void => {
  for (const cgroup of cgroupFolders(cgroupName(folder))) removeCgroup(cgroup);
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
};

/**
 * Removes what killed sandboxes left behind. Their processes, mounts and networks ended with them. Only files and empty
 * control groups remain.
 */
export const removeAbandoned = (parent: string): void => {
  for (const name of folders(parent)) {
    const folder = join(parent, name);
    if (name.startsWith(FOLDER_PREFIX) && isAbandoned(folder)) removeLeftovers(folder);
  }
};
