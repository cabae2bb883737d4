import type { ServiceView } from '../../core/contract/views.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { type latestDeployments, readBuilds } from '../../store/deployments/read-deployments.ts';
import type { CheckedService } from './check-services.ts';
import { runningDigest, toServiceView } from './service-view.ts';

/** The registry's last answer for a service's tag, and when it came (RFC 3339). */
export type LastTold = { readonly published: string | null; readonly checkedAt: string | null };

/** Gates may choose an older digest than the one that the tag shows. */
const targetOf = ({
  image,
  lookup,
  verdict,
}: CheckedService): NonNullable<ServiceView['target']> | null => {
  if (image === null || lookup?.kind !== 'published') return null;
  const to = 'to' in verdict ? verdict.to : null;
  return { tag: image.tag, digest: to ?? lookup.digest };
};

/**
 * What the API shows of checked services of a cluster, in the given order. Build facts come from the service's last
 * deployment. If that was reverted or somebody else has changed the service since, they come from any deployment of
 * the digest that the service runs.
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
