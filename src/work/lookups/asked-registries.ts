import { splitName } from '../../core/image/image-reference.ts';
import type { LookUpFailure } from '../../core/image/published.ts';
import type { RegistryView } from '../../core/contract/views.ts';
import { rfc3339 } from '../../store/query/json.ts';
import type { LastLookUp } from '../../store/published/published.ts';
import type { Quota } from './pull-budget.ts';

/** Failures of the registry itself, not of one image there. */
const ITS_OWN: ReadonlySet<LookUpFailure> = new Set([
  'unreachable',
  'sign-in-refused',
  'rate-limited',
]);

/**
 * Every registry that was asked, by host: when it was last asked, what failed then, and what is left of its limit if
 * it reports that.
 *
 * @param lookUps the last answers by `name:tag`
 */
export const askedRegistries = (
  lookUps: ReadonlyMap<string, LastLookUp>,
  quotas: readonly Quota[],
): readonly RegistryView[] => {
  const last = new Map<string, LastLookUp>();
  for (const [image, lookUp] of lookUps) {
    const { registry } = splitName(image);
    const before = last.get(registry);
    if (before === undefined || before.checkedAt <= lookUp.checkedAt) last.set(registry, lookUp);
  }
  const hosts = new Set([...last.keys(), ...quotas.map(({ host }) => host)]);
  return [...hosts].toSorted().map((host) => {
    const lookUp = last.get(host);
    const quota = quotas.find((one) => one.host === host);
    const failed = lookUp?.failure ?? null;
    return {
      host,
      quota:
        quota === undefined
          ? null
          : {
              limit: quota.limit,
              remaining: quota.remaining,
              windowSeconds: quota.windowSeconds,
            },
      askedAt: rfc3339(Math.max(lookUp?.checkedAt ?? 0, quota?.at ?? 0)),
      problem: failed !== null && ITS_OWN.has(failed) ? (lookUp?.detail ?? failed) : null,
    };
  });
};
