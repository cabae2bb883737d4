import { OPEN_STATES, type OpenState, type QueueView } from '../../core/contract/views.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import {
  countOpenDeployments,
  checkQueue,
  pushQueue,
} from '../../store/deployments/queue-depth.ts';

/** What waits for each cluster, including clusters for which nothing waits. */
export const readQueue = async (
  db: Db,
  clusters: readonly string[],
  now: number,
): Promise<readonly QueueView[]> => {
  const [checks, pushes, open] = await Promise.all([
    checkQueue(db, now),
    pushQueue(db),
    countOpenDeployments(db),
  ]);
  const age = (at: number | null | undefined): number | null =>
    typeof at === 'number' ? Math.max(now - at, 0) / 1000 : null;
  return clusters.map((cluster) => {
    const check = checks.find((one) => one.cluster === cluster);
    const push = pushes.find((one) => one.cluster === cluster);
    const countOf = (state: OpenState): number =>
      open.find((one) => one.cluster === cluster && one.state === state)?.count ?? 0;
    return {
      cluster,
      checksWaiting: check?.checks ?? 0,
      oldestCheckAgeSeconds: age(check?.oldestCheckAt),
      pushesWaiting: push?.pushes ?? 0,
      oldestPushAgeSeconds: age(push?.oldestPushAt),
      deployments: Object.fromEntries(
        OPEN_STATES.map((state) => [state, countOf(state)]),
      ) as QueueView['deployments'],
    };
  });
};
