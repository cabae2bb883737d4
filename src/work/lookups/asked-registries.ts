import { splitName } from '../../core/image/image-reference.ts';
import type { LookupFailure } from '../../core/image/published.ts';
import type { RegistryView } from '../../core/contract/views.ts';
import { rfc3339 } from '../../store/query/json.ts';
import type { LastLookup } from '../../store/published/published.ts';
import type { Quota } from './pull-budget.ts';

/** Failures of the registry itself, not of one image there. */
const ITS_OWN: ReadonlySet<LookupFailure> = new Set([
  'unreachable',
  'sign-in-refused',
  'rate-limited',
]);

/**
 * Every registry that was asked, by host: when it was last asked, what failed then, and what is left of its limit if
 * it reports that.
 *
 * @param lookups the last answers by `name:tag`
 */
export const askedRegistries = (
  lookups: ReadonlyMap<string, LastLookup>,
  quotas: readonly Quota[],
): readonly RegistryView[] => {
  const last = new Map<string, LastLookup>();
  for (const [image, lookup] of lookups) {
    const { registry } = splitName(image);
    const before = last.get(registry);
    if (before === undefined || before.checkedAt <= lookup.checkedAt) last.set(registry, lookup);
  }
  const hosts = new Set([...last.keys(), ...quotas.map(({ host }) => host)]);
  return [...hosts].toSorted().map((host) => {
    const lookup = last.get(host);
    const quota = quotas.find((one) => one.host === host);
    const failed = lookup?.failure ?? null;
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
      askedAt: rfc3339(Math.max(lookup?.checkedAt ?? 0, quota?.at ?? 0)),
      problem: failed !== null && ITS_OWN.has(failed) ? (lookup?.detail ?? failed) : null,
    };
  });
};
