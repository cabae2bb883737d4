import type { ServiceView } from '../core/views.ts';
import type { Db } from '../store/open-store.ts';
import { type latestDeployments, readBuilds } from '../store/read-deployments.ts';

/**
 * Says of each service of a cluster what the digest that it runs was built from. Its last deployment tells, unless
 * that one was taken back or somebody else has changed the service since: then any deployment to that digest.
 */
export const withBuilds = async (
  db: Db,
  views: readonly ServiceView[],
  latest: Awaited<ReturnType<typeof latestDeployments>>,
): Promise<readonly ServiceView[]> => {
  const others = views.flatMap((view) => {
    const last = latest.get(view.id);
    return view.running === null || last === undefined || last.to === view.running
      ? []
      : [view.running];
  });
  const builds = await readBuilds(db, [...new Set(others)]);
  return views.map((view) => {
    const last = latest.get(view.id);
    const build = last?.to === view.running ? last?.build : builds.get(view.running ?? '');
    return build === undefined || build === null ? view : { ...view, build };
  });
};
