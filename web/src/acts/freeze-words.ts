import type { FreezeView, ServiceView } from '../../../src/core/contract/views.ts';

type Scope = Pick<FreezeView, 'cluster' | 'stack' | 'service'>;

/** The scope of a freeze in words: `service shop_web on production`, `everything`. */
export const scopeWords = ({ cluster, stack, service }: Scope): string => {
  const where = cluster === null ? 'every cluster' : cluster;
  if (service !== null) {
    const of = stack === null ? '' : ` of stack ${stack}`;
    return `service ${service}${of} on ${where}`;
  }
  if (stack !== null) return `stack ${stack} on ${where}`;
  return cluster === null ? 'everything on every cluster' : `everything on ${cluster}`;
};

const covers = (wanted: string | null, given: string | null): boolean =>
  wanted === null || wanted === given;

/** Whether a freeze covers a service. */
export const isFrozenBy = (
  { cluster, stack, service }: Scope,
  one: Pick<ServiceView, 'cluster' | 'stack' | 'name' | 'id'>,
): boolean =>
  covers(cluster, one.cluster) &&
  covers(stack, one.stack) &&
  (covers(service, one.name) || service === one.id);
