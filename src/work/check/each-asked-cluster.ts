import { ClusterError } from '../../core/swarm/cluster.ts';
import { isClusterInScope } from '../../core/contract/scope.ts';
import type { RunRequest } from '../../core/contract/run-views.ts';
import type { CheckClusterDeps } from './check-cluster.ts';

export type AskedCluster = Pick<CheckClusterDeps, 'cluster' | 'select'>;

/**
 * Runs `check` in parallel for each cluster that a run asks for. Returns the problems of clusters that failed; they
 * do not stop the others.
 */
export const eachAskedCluster = async (
  clusters: readonly AskedCluster[],
  request: Pick<RunRequest, 'cluster' | 'scope'>,
  check: (one: AskedCluster) => Promise<void>,
): Promise<readonly string[]> => {
  const scope = request.scope ?? null;
  const asked = clusters.filter(
    ({ cluster: { name } }) =>
      (request.cluster === null || request.cluster === name) &&
      (scope === null || isClusterInScope(scope, name)),
  );
  const problems = await Promise.all(
    asked.map(async (one) => {
      try {
        await check(one);
        return [];
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        return [error.message];
      }
    }),
  );
  return problems.flat();
};
