import { useState } from 'preact/hooks';
import { DEPLOYMENT_STATES, type DeploymentView } from '../../../src/core/views.ts';
import { currentAddress, setFilters } from '../address/current-address.ts';
import { type Newest, readNewest } from '../api/read-newest.ts';
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
  const { state = '', service = '', image = '' } = currentAddress.value.filters;
  const filters = { state, service, image };
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
          label="Service"
          isSearch
          value={service}
          placeholder="its whole name"
          onChange={(value) => setFilters({ service: value.trim() })}
        />
        <SelectField
          label="State"
          value={state}
          choices={STATES}
          onChange={(value) => setFilters({ state: value })}
        />
      </search>
      <ShownAs shown={shown} what="deployments">
        {({ items, hasMore }) =>
          items.length === 0 ? (
            <Empty>
              {Object.values(filters).some((filter) => filter !== '') ? (
                <>
                  <p>No deployment matches.</p>
                  <button
                    type="button"
                    onClick={() => setFilters({ state: null, service: null, image: null })}
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
          ) : (
            <>
              <DeploymentTable label="Deployments" deployments={items} />
              <ShowOlder
                hasMore={hasMore}
                isReading={!shown.isWhole}
                onMore={() => setCount(count + STEP)}
              />
            </>
          )
        }
      </ShownAs>
    </>
  );
};
