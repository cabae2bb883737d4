import { useState } from 'preact/hooks';
import { DEPLOYMENT_STATES, type DeploymentView } from '../../../src/core/views.ts';
import { currentAddress, setFilters } from '../address/current-address.ts';
import { type Newest, readNewest } from '../api/read-newest.ts';
import { filterDeployments } from '../deployments/filter-deployments.ts';
import { DeploymentTable } from '../deployments/deployment-table.tsx';
import { useShown } from '../live/use-shown.ts';
import { SelectField, TextField } from '../parts/fields.tsx';
import { Empty, ShownAs } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { ShowOlder } from '../parts/show-older.tsx';

const STEP = 100;

const STATES = [
  { value: '', label: 'All states' },
  ...DEPLOYMENT_STATES.map((state) => ({ value: state, label: state })),
];

export const DeploymentsPage = () => {
  const [count, setCount] = useState(STEP);
  const { q = '', state = '', cluster = '' } = currentAddress.value.filters;
  const filters = { state, cluster };
  const shown = useShown<Newest<DeploymentView>>({
    of: 'deployments',
    variant: JSON.stringify([filters, count]),
    read: (signal) => readNewest('/api/v1/deployments', filters, count, signal),
    concerns: ({ type }) => type === 'deployment' || type === 'step',
  });
  return (
    <>
      <PageHead title="Deployments" />
      <search class="filters">
        <TextField
          label="Search"
          isSearch
          value={q}
          placeholder="service, image, version, digest, who"
          onChange={(value) => setFilters({ q: value })}
        />
        <SelectField
          label="State"
          value={state}
          choices={STATES}
          onChange={(value) => setFilters({ state: value })}
        />
      </search>
      <ShownAs shown={shown} what="deployments">
        {({ items, hasMore }) => {
          const found = filterDeployments(items, q);
          return (
            <>
              {found.length > 0 && <DeploymentTable label="Deployments" deployments={found} />}
              {found.length === 0 && (
                <Empty>
                  {q !== '' || state !== '' || cluster !== '' ? (
                    <>
                      <p>
                        {q === '' || items.length === 0
                          ? 'No deployment matches.'
                          : `None of the newest ${items.length} matches.`}
                      </p>
                      <button
                        type="button"
                        onClick={() => setFilters({ q: null, state: null, cluster: null })}
                      >
                        Show all
                      </button>
                    </>
                  ) : (
                    <>
                      <p>Nothing was deployed yet. A push does it, or SmartRedeploy.</p>
                      <a href="#/hooks">Addresses for web hooks</a>
                    </>
                  )}
                </Empty>
              )}
              <ShowOlder
                hasMore={hasMore}
                isReading={!shown.isWhole}
                onMore={() => setCount(count + STEP)}
              />
            </>
          );
        }}
      </ShownAs>
    </>
  );
};
