/**
 * Builds the dashboard if the last build is not from the current sources: `node scripts/build-web.ts`. `--force` always
 * builds.
 */
import { buildWeb, isWebStale } from './web-build.ts';

const isForced = process.argv.includes('--force');

const isNotInstalled = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';

try {
  if (isForced || isWebStale()) await buildWeb();
} catch (error) {
  // The helper also works without a dashboard, and says at its address that there is none.
  if (isForced || !isNotInstalled(error)) throw error;
  console.error('The dashboard is not built: what builds it is not installed (npm ci).');
}
