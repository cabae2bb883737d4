/**
 * Builds the dashboard where what was built is not what the sources would give now:
 * `node scripts/build-web.ts`. `--force` builds in any case.
 */
import { isWebStale, buildWeb } from './web-build.ts';

if (process.argv.includes('--force') || isWebStale()) await buildWeb();
