import { DEPLOYMENT_STATES, type DeploymentView } from '../../../src/core/contract/views.ts';
import { currentAddress, setFilters } from '../address/current-address.ts';
import { DeploymentTable } from '../deployments/deployment-table.tsx';
import { CLUSTERS } from '../live/clusters-shown.ts';
import { useShown } from '../live/use-shown.ts';
import { SelectField, TextField } from '../parts/fields.tsx';
import { NewestList } from '../parts/newest-list.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { useSettled } from '../parts/use-settled.ts';

const STATES = [
  { value: '', label: 'All states' },
  ...DEPLOYMENT_STATES.map((state) => ({ value: state, label: state })),
];

/** After this pause, a person has finished typing the search. */
const TYPING_MS = 250;
/** The API's limit. */
const LONGEST_SEARCH = 255;

const ShowAll = () => (
  <button type="button" onClick={() => setFilters({ q: null, state: null, cluster: null })}>
    Show all
  </button>
);

const Nothing = () => (
  <>
    <p>Nothing has been deployed yet. A push or SmartRedeploy deploys.</p>
    <a href="#/hooks">Webhook addresses</a>
  </>
);

const NoMatch = ({ children }: { readonly children: string }) => (
  <>
    <p>{children}</p>
    <ShowAll />
  </>
);

export const DeploymentsPage = () => {
  const { q = '', state = '', cluster = '' } = currentAddress.value.filters;
  const clusters = useShown(CLUSTERS).value ?? [];
  const asked = useSettled(q.trim(), TYPING_MS).slice(0, LONGEST_SEARCH);
  const isFiltered = asked !== '' || state !== '' || cluster !== '';
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
        {clusters.length > 1 && (
          <SelectField
            label="Cluster"
            value={cluster}
            choices={[
              { value: '', label: 'All clusters' },
              ...clusters.map(({ name }) => ({ value: name, label: name })),
            ]}
            onChange={(value) => setFilters({ cluster: value })}
          />
        )}
        <SelectField
          label="State"
          value={state}
          choices={STATES}
          onChange={(value) => setFilters({ state: value })}
        />
      </search>
      <NewestList<DeploymentView>
        path="/api/v1/deployments"
        filters={{ state, cluster, q: asked }}
        step={100}
        what="deployments"
        concerns={({ type }) => type === 'deployment' || type === 'step'}
        empty={isFiltered ? <NoMatch>No deployment matches.</NoMatch> : <Nothing />}
      >
        {(deployments) => <DeploymentTable label="Deployments" deployments={deployments} />}
      </NewestList>
    </>
  );
};
