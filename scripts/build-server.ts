/** Builds the helper into `dist`, where the image takes it from: `node scripts/build-server.ts`. */
import { join } from 'node:path';
import { buildServer } from './server-build.ts';

await buildServer(join(import.meta.dirname, '..', 'dist'));
