import type { ServiceView } from '../../../src/core/views.ts';
import { printAddress } from '../address/address.ts';
import { Age } from '../parts/age.tsx';
import { VerdictBadge } from '../parts/badge.tsx';
import { Build } from '../parts/build-facts.tsx';
import { DigestChange } from '../parts/digest.tsx';
import { type Column, type Sort, Table, type TableLine } from '../parts/table.tsx';
import { familiarImage } from '../words/digest-words.ts';
import { reasonWords } from '../words/verdict-words.ts';
import { visibleText } from '../words/visible-text.ts';
import { serviceLines } from './service-lines.ts';
import { isShort } from './urgency.ts';

export const serviceAddress = ({ cluster, name }: Pick<ServiceView, 'cluster' | 'name'>): string =>
  printAddress(['services', cluster, name]);

export const Replicas = ({ service }: { readonly service: ServiceView }) => {
  const { replicas } = service;
  if (replicas === null) return <span class="faint">not told</span>;
  return (
    <span class={isShort(service) ? 'short' : ''}>
      {replicas.running} of {replicas.desired}
    </span>
  );
};

export const Verdict = ({ service: { verdict, reason } }: { readonly service: ServiceView }) => (
  <span class="verdict">
    <VerdictBadge verdict={verdict} />
    {reason !== null && <span class="reason">{visibleText(reasonWords(reason))}</span>}
  </span>
);

/** Columns that say what a service is and how it stands, wherever services are listed. */
export const SERVICE_COLUMNS: readonly Column<ServiceView>[] = [
  {
    key: 'service',
    title: 'Service',
    sorts: true,
    bare: true,
    cell: (service) => (
      <a class="name" href={serviceAddress(service)}>
        {service.name}
      </a>
    ),
  },
  {
    key: 'verdict',
    title: 'Verdict',
    sorts: true,
    bare: true,
    cell: (service) => <Verdict service={service} />,
  },
  {
    key: 'image',
    title: 'Image',
    sorts: true,
    cell: ({ image }) => <span class="image">{visibleText(familiarImage(image))}</span>,
  },
  { key: 'build', title: 'Version', sorts: true, cell: ({ build }) => <Build build={build} /> },
  {
    key: 'digest',
    title: 'Running → published',
    cell: ({ running, published }) => <DigestChange from={running} to={published ?? running} />,
  },
  {
    key: 'replicas',
    title: 'Tasks',
    sorts: true,
    cell: (service) => <Replicas service={service} />,
  },
  { key: 'since', title: 'Since', sorts: true, cell: ({ updatedAt }) => <Age at={updatedAt} /> },
];

const Group = ({
  cluster,
  stack,
  count,
}: {
  cluster: string;
  stack: string | null;
  count: number;
}) => (
  <>
    <span class="stack">{stack ?? '(no stack)'}</span>
    <span class="faint">
      {cluster} · {count}
    </span>
  </>
);

export const ServiceTable = ({
  services,
  sort,
  onSort,
}: {
  readonly services: readonly ServiceView[];
  readonly sort: Sort | null;
  readonly onSort: (by: string) => void;
}) => {
  const lines = serviceLines(services, sort).map(
    (line): TableLine<ServiceView> =>
      line.kind === 'row'
        ? { kind: 'row', key: line.key, row: line.service }
        : {
            kind: 'group',
            key: line.key,
            title: (
              <Group
                cluster={line.group.cluster}
                stack={line.group.stack}
                count={line.group.services.length}
              />
            ),
          },
  );
  return (
    <Table
      label="Services"
      layout="services"
      columns={SERVICE_COLUMNS}
      lines={lines}
      sort={sort}
      onSort={onSort}
    />
  );
};
