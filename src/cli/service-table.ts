import { shortDigest } from '../core/digest.ts';
import type { Digest } from '../core/digest.ts';
import type { ServiceView } from '../core/views.ts';
import { isToBePinned } from '../core/would-deploy.ts';
import { printAge } from './age.ts';
import { printable } from './cell-text.ts';
import type { Context } from './context.ts';
import { familiarImage } from './familiar-image.ts';
import type { Column } from './column-widths.ts';
import { type Cell, tableLines, tableRows } from './table.ts';
import { verdictCell } from './verdict-cell.ts';

const short = (digest: string | null): string =>
  digest === null ? '' : shortDigest(digest as Digest);

/** `1f2e…` where nothing differs, `1f2e… → 9a8b…` where something does. */
const digests = ({ running, published }: ServiceView): string => {
  if (published === null || published === running) return short(running);
  return `${short(running) || 'unpinned'} → ${short(published)}`;
};

const replicas = ({ replicas: told }: ServiceView): string =>
  told === null ? '' : `${told.running}/${told.desired}`;

const TITLES: readonly Column[] = [
  { title: 'SERVICE', least: 24, whole: true },
  // What tells images apart is at their end: many have the registry in common.
  { title: 'IMAGE', least: 12, spare: 1, cut: 'start' },
  { title: 'RUNNING → PUBLISHED', least: 27, spare: 3 },
  { title: 'UP', least: 5 },
  { title: 'AGE', least: 3, spare: 2 },
  { title: 'VERDICT', least: 11 },
  { title: 'REASON', least: 9 },
];

const groupOf = (service: ServiceView, hasManyClusters: boolean): string => {
  const stack = service.stack ?? '(no stack)';
  return hasManyClusters ? `${service.cluster} / ${stack}` : stack;
};

/** Numbers in names by their value: `web-9` before `web-10`. */
const names = new Intl.Collator(undefined, { numeric: true });

/** Failing ones first, then by name. */
const URGENCY = ['diverged', 'unknown', 'held', 'obsolete', 'updating'];
const urgency = ({ verdict }: ServiceView): number => {
  const place = URGENCY.indexOf(verdict);
  return place === -1 ? URGENCY.length : place;
};
const inOrder = (a: ServiceView, b: ServiceView): number =>
  urgency(a) - urgency(b) || names.compare(a.name, b.name);

/** Services in the order of their table. */
export const inTableOrder = (services: readonly ServiceView[]): readonly ServiceView[] =>
  sortServices(services).map(({ service }) => service);

const sortServices = (services: readonly ServiceView[]) => {
  const hasManyClusters = new Set(services.map(({ cluster }) => cluster)).size > 1;
  const groups = [
    ...Map.groupBy(services, (service) => groupOf(service, hasManyClusters)),
  ].toSorted(([a], [b]) => names.compare(a, b));
  return groups.flatMap(([group, inside]) =>
    inside.toSorted(inOrder).map((service) => ({ group, service })),
  );
};

/**
 * Services as a table, on a terminal one for each stack; elsewhere one line a service that names
 * cluster and stack itself.
 */
export const serviceLines = (context: Context, services: readonly ServiceView[]): string[] => {
  const { colours, deps, width } = context;
  if (services.length === 0) return [];
  const rowOf = (service: ServiceView): Cell[] => [
    service.name,
    familiarImage(service.image),
    digests(service),
    replicas(service),
    printAge(service.updatedAt, deps.now()),
    verdictCell(colours, service.verdict),
    isToBePinned(service) ? 'to be pinned' : (service.reason ?? ''),
  ];
  const sorted = sortServices(services);
  if (width === null) {
    return tableLines({
      columns: [{ title: 'CLUSTER' }, { title: 'STACK' }, ...TITLES],
      rows: sorted.map(({ service }) => [service.cluster, service.stack ?? '-', ...rowOf(service)]),
      width,
      paintTitle: String,
    });
  }
  // One table for all keeps the columns under each other; the names of the groups go in between.
  const [titles = [], ...lines] = tableRows({
    columns: TITLES,
    rows: sorted.map(({ service }) => rowOf(service)),
    width: width - 2,
    paintTitle: colours.dim,
  });
  const indent = (row: readonly string[]): string[] => row.map((line) => `  ${line}`);
  const grouped = sorted.flatMap(({ group }, index) => {
    const row = indent(lines[index] ?? []);
    return sorted[index - 1]?.group === group ? row : [colours.bold(printable(group)), ...row];
  });
  return [...indent(titles), ...grouped];
};

const ORDER = [
  'current',
  'obsolete',
  'updating',
  'diverged',
  'held',
  'unknown',
  'pinned',
  'excluded',
] as const;

/** `60 services: 51 current, 7 obsolete, 2 unknown` */
export const countServices = (services: readonly ServiceView[]): string => {
  const counts = ORDER.map((verdict) => ({
    verdict,
    count: services.filter((service) => service.verdict === verdict).length,
  })).filter(({ count }) => count > 0);
  const total = services.length === 1 ? '1 service' : `${services.length} services`;
  const details = counts.map(({ verdict, count }) => `${count} ${verdict}`).join(', ');
  return details === '' ? 'no services' : `${total}: ${details}`;
};
