import type { ServiceView } from '../../core/contract/views.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { type latestDeployments, readBuilds } from '../../store/deployments/read-deployments.ts';
import type { CheckedService } from './check-services.ts';
import { runningDigest, toServiceView } from './service-view.ts';

/** What a registry told last of a service's tag, and when, RFC 3339. */
export type LastTold = { readonly published: string | null; readonly checkedAt: string | null };

/** Gates may choose an older digest than the one that the tag shows. */
const targetOf = ({
  image,
  lookUp,
  verdict,
}: CheckedService): NonNullable<ServiceView['target']> | null => {
  if (image === null || lookUp?.kind !== 'published') return null;
  const to = 'to' in verdict ? verdict.to : null;
  return { tag: image.tag, digest: to ?? lookUp.digest };
};

/**
 * What the API shows of checked services of a cluster, in their order. What each was built from its last deployment
 * tells, unless that one was taken back or somebody else has changed the service since: then any deployment to the
 * digest that it runs.
 */
export const showServices = async <Checked extends CheckedService>(
  { db, cluster }: { readonly db: Db; readonly cluster: string },
  checked: readonly Checked[],
  latest: Awaited<ReturnType<typeof latestDeployments>>,
  lastTold: (one: Checked) => LastTold,
): Promise<readonly ServiceView[]> => {
  const others = new Set<string>();
  const seen = checked.map((one) => {
    const running = runningDigest(one);
    const last = latest.get(one.service.id);
    if (running !== null && last !== undefined && last.to !== running) others.add(running);
    return { one, running, last };
  });
  const builds = await readBuilds(db, [...others]);
  return seen.map(({ one, running, last }) => {
    const build = last?.to === running ? last?.build : builds.get(running ?? '');
    return toServiceView(one, {
      ...lastTold(one),
      target: targetOf(one),
      cluster,
      running,
      deployment: last?.id ?? null,
      build: build ?? null,
    });
  });
};
