import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../files/package-root.ts';

/** The folder of the built dashboard, or null if it was not built. */
export const builtDashboard = (): string | null => {
  const folder = join(packageRoot(), 'dist', 'web');
  return existsSync(join(folder, 'index.html')) ? folder : null;
};
