import type { ServiceView } from '../../../src/core/contract/views.ts';
import { currentAddress, setFilters } from '../address/current-address.ts';
import { readAll } from '../api/read-all.ts';
import { useMemo } from 'preact/hooks';
import { type Source, useShown } from '../live/use-shown.ts';
import type { Happening } from '../live/happening.ts';
import { Empty, ShownAs } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { ServiceFilterBar } from '../services/service-filter-bar.tsx';
import { ServiceTable } from '../services/service-table.tsx';
import { StandingNotices } from '../services/standing-notices.tsx';
import { filterServices } from '../services/filter-services.ts';
import { nextSort, parseSort } from '../services/service-lines.ts';

const SERVICES: Source<readonly ServiceView[]> = {
  of: 'services',
  read: (signal, part) => readAll('/api/v1/services', {}, signal, part),
  concerns: ({ type }) => CHANGES.has(type),
};
const CHANGES = new Set<Happening['type']>([
  'deployment',
  'health',
  'published',
  'check',
  'freeze',
  'cluster',
  'action',
]);

const Services = ({
  services,
  isWhole,
  onDone,
}: {
  readonly services: readonly ServiceView[];
  readonly isWhole: boolean;
  readonly onDone: () => void;
}) => {
  const { filters } = currentAddress.value;
  const found = useMemo(() => filterServices(services, filters), [services, filters]);
  const sort = parseSort(filters['sort']);
  return (
    <>
      <ServiceFilterBar services={services} found={found.length} isWhole={isWhole} />
      <ServiceTable
        services={found}
        sort={sort}
        onSort={(by) => setFilters({ sort: nextSort(sort, by) })}
        onDone={onDone}
      />
      {found.length === 0 && services.length > 0 && (
        <Empty>
          <p>No service matches.</p>
          <button
            type="button"
            onClick={() =>
              setFilters({ q: null, verdict: null, health: null, cluster: null, stack: null })
            }
          >
            Show all {services.length}
          </button>
        </Empty>
      )}
      {services.length === 0 && isWhole && (
        <Empty>
          <p>No services: there are none, or their cluster is unreachable.</p>
          <a href="#/health">See the health of the clusters</a>
        </Empty>
      )}
    </>
  );
};

export const ServicesPage = () => {
  const shown = useShown(SERVICES);
  return (
    <>
      <PageHead title="Services" />
      <StandingNotices />
      <ShownAs shown={shown} what="services">
        {(services) => (
          <Services services={services} isWhole={shown.isWhole} onDone={shown.readSoon} />
        )}
      </ShownAs>
    </>
  );
};
