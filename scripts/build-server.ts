/** Builds the helper into `dist`, which the image build reads: `node scripts/build-server.ts`. */
import { join } from 'node:path';
import { buildServer } from './server-build.ts';

await buildServer(join(import.meta.dirname, '..', 'dist'));
