import { statSync } from 'node:fs';

const PERMISSIONS = 0o777;

/** Permission bits of a file, or null if it does not exist or is not accessible. */
export const fileMode = (path: string): number | null => {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? null : stat.mode & PERMISSIONS;
};
