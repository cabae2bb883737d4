import { splitName } from '../core/image-reference.ts';
import { type Deployment, recordBuild } from '../store/deployments.ts';
import type { RolloutDeps } from './rollout-deps.ts';

const TIMEOUT_MS = 5_000;

/**
 * Reads what the deployed digest was built from and keeps it with the deployment, so that people see
 * a version and a commit. Never in the way of a rollout: what cannot be read is left unknown.
 */
export const keepBuildFacts = async (
  deps: RolloutDeps,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<void> => {
  const { to, tag } = deployment;
  if (to === null || deployment.hasBuild) return;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const image = { ...splitName(deployment.name), tag, digest: to };
    const build = await deps.registries.readBuildFacts(image, to, limited);
    if (build !== null) await recordBuild(deps.db, deployment.id, build);
  } catch (error) {
    if (!signal.aborted)
      deps.log.debug('build facts not read', { deployment: deployment.id, error });
  }
};
