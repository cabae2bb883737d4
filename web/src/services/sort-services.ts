import type { ServiceView } from '../../../src/core/contract/views.ts';
import type { Sort } from '../parts/table.tsx';
import { urgency } from './urgency.ts';

export type ServiceGroup = {
  readonly cluster: string;
  readonly stack: string | null;
  readonly services: readonly ServiceView[];
};

type Order = (a: ServiceView, b: ServiceView) => number;

const collator = new Intl.Collator('en', { numeric: true });
const byText =
  (textOf: (service: ServiceView) => string): Order =>
  (a, b) =>
    collator.compare(textOf(a), textOf(b));

const missing = ({ replicas }: ServiceView): number =>
  replicas === null ? Number.POSITIVE_INFINITY : replicas.running - replicas.desired;

const ORDERS: Readonly<Record<string, Order>> = {
  service: byText(({ name }) => name),
  image: byText(({ image }) => image),
  build: byText(({ build }) => build?.version ?? ''),
  verdict: (a, b) => urgency(a) - urgency(b),
  replicas: (a, b) => missing(a) - missing(b),
  since: (a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt),
};

const byUrgency: Order = (a, b) => urgency(a) - urgency(b) || collator.compare(a.name, b.name);

/** Sorts by a column; an unknown column sorts by urgency. Equal entries keep the order of urgency. */
export const sortServices = (
  services: readonly ServiceView[],
  { by, descending }: Sort,
): readonly ServiceView[] => {
  const order = ORDERS[by] ?? byUrgency;
  const sign = descending ? -1 : 1;
  return services.toSorted((a, b) => sign * order(a, b) || byUrgency(a, b));
};

/** Groups by cluster and stack. The most urgent group comes first, and the most urgent service in each group. */
export const groupServices = (services: readonly ServiceView[]): readonly ServiceGroup[] => {
  const groups = Map.groupBy(services, ({ cluster, stack }) => JSON.stringify([cluster, stack]));
  return [...groups.values()]
    .flatMap((inside) => {
      const [first, ...others] = inside.toSorted(byUrgency);
      return first === undefined ? [] : [{ first, services: [first, ...others] }];
    })
    .toSorted(
      (a, b) =>
        urgency(a.first) - urgency(b.first) ||
        collator.compare(a.first.cluster, b.first.cluster) ||
        collator.compare(a.first.stack ?? '', b.first.stack ?? ''),
    )
    .map(({ first: { cluster, stack }, services: inside }) => ({
      cluster,
      stack,
      services: inside,
    }));
};
