import { shortDigest } from '../../core/image/digest.ts';
import { healthUrgency } from '../../core/health/health-words.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import { isToBePinned } from '../../core/verdict/would-deploy.ts';
import { printAge } from '../output/age.ts';
import { printable } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { familiarImage } from '../output/familiar-image.ts';
import type { Column } from '../output/column-widths.ts';
import { healthCell, isObserved, needsSomebody } from '../output/health-cell.ts';
import { type Cell, tableLines, tableRows } from '../output/table.ts';
import { verdictCell } from '../output/verdict-cell.ts';

const short = (digest: string | null): string => (digest === null ? '' : shortDigest(digest));

/** `1f2e…` if nothing differs, otherwise `1f2e… → 9a8b…`. */
const digests = ({ running, published }: ServiceView): string => {
  if (published === null || published === running) return short(running);
  return `${short(running) || 'unpinned'} → ${short(published)}`;
};

/** `acme/web:v1.3.0 → v1.4.2` if it would move to another tag. */
const imageCell = ({ image, tracking }: ServiceView): string => {
  const next = tracking?.next ?? null;
  return next === null ? familiarImage(image) : `${familiarImage(image)} → ${next}`;
};

const replicas = ({ replicas: told }: ServiceView): string =>
  told === null ? '' : `${told.running}/${told.desired}`;

const HEALTH: Column = { title: 'HEALTH', least: 11 };
const TITLES: readonly Column[] = [
  // Images differ at their end: many share the registry.
  { title: 'IMAGE', least: 12, spare: 1, cut: 'start' },
  { title: 'RUNNING → PUBLISHED', least: 27, spare: 3 },
  { title: 'UP', least: 5 },
  { title: 'AGE', least: 3, spare: 2 },
  { title: 'VERDICT', least: 11 },
  { title: 'REASON', least: 9 },
];

const NAME: Column = { title: 'SERVICE', least: 24, whole: true };

/**
 * Health comes right after the name. Its column is dropped on a narrow terminal only if all is well, and is missing
 * if nothing was observed.
 */
const titlesFor = (services: readonly ServiceView[]): readonly Column[] => {
  if (!services.some(isObserved)) return [NAME, ...TITLES];
  const health = services.some(needsSomebody) ? HEALTH : { ...HEALTH, spare: 0 };
  return [NAME, health, ...TITLES];
};

/** What is wrong with it first, then why it is not deployed. */
const reasonsOf = (service: ServiceView): string => {
  const verdict = isToBePinned(service) ? 'to be pinned' : service.reason;
  const health = needsSomebody(service) ? service.healthReason : null;
  return [health, verdict].filter((reason) => reason !== null).join(', ');
};

const groupOf = (service: ServiceView, hasManyClusters: boolean): string => {
  const stack = service.stack ?? '(no stack)';
  return hasManyClusters ? `${service.cluster} / ${stack}` : stack;
};

/** Numbers in names sort by value: `web-9` before `web-10`. */
const names = new Intl.Collator(undefined, { numeric: true });

/** Services that need a person come first, then by verdict, then by name. */
const URGENCY = ['diverged', 'unknown', 'held', 'waiting', 'obsolete', 'updating'];
const urgency = ({ verdict }: ServiceView): number => {
  const place = URGENCY.indexOf(verdict);
  return place === -1 ? URGENCY.length : place;
};
const inOrder = (a: ServiceView, b: ServiceView): number =>
  healthUrgency(a) - healthUrgency(b) || urgency(a) - urgency(b) || names.compare(a.name, b.name);

const groupUrgency = (services: readonly ServiceView[]): number =>
  Math.min(...services.map(healthUrgency));

/** Services in the order of the table. */
export const inTableOrder = (services: readonly ServiceView[]): readonly ServiceView[] =>
  sortServices(services).map(({ service }) => service);

const sortServices = (services: readonly ServiceView[]) => {
  const hasManyClusters = new Set(services.map(({ cluster }) => cluster)).size > 1;
  const groups = [
    ...Map.groupBy(services, (service) => groupOf(service, hasManyClusters)),
  ].toSorted(([a, inA], [b, inB]) => groupUrgency(inA) - groupUrgency(inB) || names.compare(a, b));
  return groups.flatMap(([group, inside]) =>
    inside.toSorted(inOrder).map((service) => ({ group, service })),
  );
};

/** Services as a table: on a terminal one per stack; otherwise one line per service, with cluster and stack. */
export const serviceLines = (context: Context, services: readonly ServiceView[]): string[] => {
  const { colours, deps, width } = context;
  if (services.length === 0) return [];
  const titles = titlesFor(services);
  const hasHealth = titles.length > TITLES.length + 1;
  const rowOf = (service: ServiceView): Cell[] => [
    service.name,
    ...(hasHealth ? [healthCell(colours, service.health)] : []),
    imageCell(service),
    digests(service),
    replicas(service),
    printAge(service.updatedAt, deps.now()),
    verdictCell(colours, service.verdict),
    reasonsOf(service),
  ];
  const sorted = sortServices(services);
  if (width === null) {
    return tableLines({
      columns: [{ title: 'CLUSTER' }, { title: 'STACK' }, ...titles],
      rows: sorted.map(({ service }) => [service.cluster, service.stack ?? '-', ...rowOf(service)]),
      width,
      paintTitle: String,
    });
  }
  // A single table keeps the columns aligned. The group names are inserted afterwards.
  const [head = [], ...lines] = tableRows({
    columns: titles,
    rows: sorted.map(({ service }) => rowOf(service)),
    width: width - 2,
    paintTitle: colours.dim,
  });
  const indent = (row: readonly string[]): string[] => row.map((line) => `  ${line}`);
  const grouped = sorted.flatMap(({ group }, index) => {
    const row = indent(lines[index] ?? []);
    return sorted[index - 1]?.group === group ? row : [colours.bold(printable(group)), ...row];
  });
  return [...indent(head), ...grouped];
};

const ORDER = [
  'current',
  'obsolete',
  'updating',
  'diverged',
  'held',
  'waiting',
  'unknown',
  'pinned',
  'excluded',
] as const;

/** `60 services: 1 failing, 51 current, 7 obsolete, 2 unknown` */
export const countServices = (services: readonly ServiceView[]): string => {
  const sick = (['failing', 'paused', 'degraded'] as const)
    .map((health) => ({
      verdict: health,
      count: services.filter((service) => service.health === health).length,
    }))
    .filter(({ count }) => count > 0);
  const counts = ORDER.map((verdict) => ({
    verdict,
    count: services.filter((service) => service.verdict === verdict).length,
  })).filter(({ count }) => count > 0);
  const total = services.length === 1 ? '1 service' : `${services.length} services`;
  const details = [...sick, ...counts]
    .map(({ verdict, count }) => `${count} ${verdict}`)
    .join(', ');
  return details === '' ? 'no services' : `${total}: ${details}`;
};
