import type { Service } from '../../core/swarm/service.ts';
import { retriesPull } from '../../store/deployments/retries.ts';
import type { Run } from './run.ts';

/** A registry that does not answer in this time does not serve an image to a node either. */
const WITHIN_MS = 45_000;

/**
 * Before a failed pull is retried: why nodes still could not pull the image, if the registry says so. A hopeless
 * retry would restart tasks for nothing. Null if they could pull it, or if this is not such a retry.
 */
export const readPullProblem = async (
  { deps, deployment, signal }: Run,
  service: Service,
): Promise<string | null> => {
  const { to, id } = deployment;
  if (to === null || !service.image.ok || !(await retriesPull(deps.db, id))) return null;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]);
  try {
    const problem = await deps.registries.findPullProblem(service.image.image, to, limited);
    return problem === null ? null : `not sent again, because nodes could not pull it: ${problem}`;
  } catch (error) {
    if (signal.aborted || !limited.aborted) throw error;
    return `not sent again: its registry gave no answer within ${WITHIN_MS / 1_000} s`;
  }
};
