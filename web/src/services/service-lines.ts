import type { ServiceView } from '../../../src/core/contract/views.ts';
import type { Sort } from '../parts/table.tsx';
import { groupServices, sortServices, type ServiceGroup } from './sort-services.ts';

export type ServiceLine =
  | { readonly kind: 'group'; readonly key: string; readonly group: ServiceGroup }
  | { readonly kind: 'row'; readonly key: string; readonly service: ServiceView };

const rowOf = (service: ServiceView): ServiceLine => ({
  kind: 'row',
  key: `${service.cluster}/${service.id}`,
  service,
});

/** Lines of the table: in groups, or without groups if sorted by a column. */
export const serviceLines = (
  services: readonly ServiceView[],
  sort: Sort | null,
): readonly ServiceLine[] => {
  if (sort !== null) return sortServices(services, sort).map(rowOf);
  return groupServices(services).flatMap((group): ServiceLine[] => [
    { kind: 'group', key: `group ${group.cluster}/${group.stack ?? ''}`, group },
    ...group.services.map(rowOf),
  ]);
};

/** Parses `name` and `-name` from the address. Null sorts by urgency, in groups. */
export const parseSort = (text: string | undefined): Sort | null => {
  if (text === undefined || text === '') return null;
  return text.startsWith('-')
    ? { by: text.slice(1), descending: true }
    : { by: text, descending: false };
};

/** The next sort after a click on a column's title: ascending, descending, and back to groups. */
export const nextSort = (sort: Sort | null, by: string): string | null => {
  if (sort?.by !== by) return by;
  return sort.descending ? null : `-${by}`;
};
