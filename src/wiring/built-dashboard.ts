import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Beside the compiled helper, and where the build puts it as seen from the source. */
const PLACES = ['../web', '../../dist/web'];

/** The folder that the dashboard was built into, or null where it was not. */
export const builtDashboard = (): string | null =>
  PLACES.map((place) => join(import.meta.dirname, place)).find((folder) =>
    existsSync(join(folder, 'index.html')),
  ) ?? null;
