import type { RunView } from '../../../src/core/contract/run-views.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';

export const keyOf = ({ cluster, id }: Pick<ServiceView, 'cluster' | 'id'>): string =>
  `${cluster}/${id}`;

/** Services of a run: first those that would be deployed, then those that could not be determined. */
export const inRunOrder = (services: RunView['services']): readonly ServiceView[] => {
  const rank = ({ verdict }: ServiceView): number =>
    ['obsolete', 'diverged', 'unknown', 'held', 'waiting', 'updating'].indexOf(verdict) >>> 0;
  return services.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
};
