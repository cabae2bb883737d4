/**
 * Builds the dashboard where what was built is not what the sources would give now:
 * `node scripts/build-web.ts`. `--force` builds in any case.
 */
import { buildWeb, isWebStale } from './web-build.ts';

const isForced = process.argv.includes('--force');

const isNotInstalled = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';

try {
  if (isForced || isWebStale()) await buildWeb();
} catch (error) {
  // The helper does its work without a dashboard too, and says at its address that there is none.
  if (isForced || !isNotInstalled(error)) throw error;
  console.error('The dashboard is not built: what builds it is not installed (npm ci).');
}
