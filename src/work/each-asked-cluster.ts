import { ClusterError } from '../core/cluster.ts';
import type { RunRequest } from '../core/views.ts';
import type { CheckClusterDeps } from './check-cluster.ts';

export type AskedCluster = Pick<CheckClusterDeps, 'cluster' | 'select'>;

/**
 * Does `check` for each cluster that a run asks for, beside one another, and gives the problems of those
 * that could not be asked: they keep nothing from the others.
 */
export const eachAskedCluster = async (
  clusters: readonly AskedCluster[],
  request: Pick<RunRequest, 'cluster'>,
  check: (one: AskedCluster) => Promise<void>,
): Promise<readonly string[]> => {
  const asked = clusters.filter(
    ({ cluster }) => request.cluster === null || request.cluster === cluster.name,
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
