import { splitName } from '../../core/image/image-reference.ts';
import { shownAt } from '../../core/policy/labels.ts';
import type { Service } from '../../core/swarm/service.ts';
import {
  type Deployment,
  recordBuild,
  recordShownAt,
} from '../../store/deployments/deployments.ts';
import type { RolloutDeps } from './rollout-deps.ts';

const TIMEOUT_MS = 5_000;

/**
 * Reads what the deployed digest was built from, and keeps it with the deployment so that people see a version and a
 * commit. Also keeps the address where people see what the service runs, if a label names it. Never delays a rollout:
 * what cannot be read stays unknown.
 */
export const keepBuildFacts = async (
  deps: RolloutDeps,
  deployment: Deployment,
  service: Service | null,
  signal: AbortSignal,
): Promise<void> => {
  const { to, tag } = deployment;
  const address = service === null ? null : shownAt(service);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    if (address !== null) await recordShownAt(deps.db, deployment.id, address);
    if (to === null || deployment.hasBuild) return;
    const image = { ...splitName(deployment.name), tag, digest: to };
    const build = await deps.registries.readBuildFacts(image, to, limited);
    if (build !== null) await recordBuild(deps.db, deployment.id, build);
  } catch (error) {
    if (!signal.aborted)
      deps.log.debug('build facts not read', { deployment: deployment.id, error });
  }
};
