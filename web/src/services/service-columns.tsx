import type { ServiceView } from '../../../src/core/contract/views.ts';
import { Age } from '../parts/age.tsx';
import { Build } from '../images/build-facts.tsx';
import { DigestChange } from '../images/digest.tsx';
import type { Column } from '../parts/table.tsx';
import { Replicas, ServiceLink, Verdict } from './service-cells.tsx';
import { TrackedImage } from './tracked-image.tsx';

/** The columns of every list of services. */
export const SERVICE_COLUMNS: readonly Column<ServiceView>[] = [
  {
    key: 'service',
    title: 'Service',
    sorts: true,
    bare: true,
    cell: ({ cluster, name }) => <ServiceLink cluster={cluster} name={name} />,
  },
  {
    key: 'verdict',
    title: 'Health, verdict',
    sorts: true,
    bare: true,
    cell: (service) => <Verdict service={service} />,
  },
  {
    key: 'image',
    title: 'Image',
    sorts: true,
    bare: true,
    cell: (service) => <TrackedImage service={service} />,
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
