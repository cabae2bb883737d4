import { DEPLOYMENT_STATES, type DeploymentView } from '../../../src/core/contract/views.ts';
import { currentAddress, setFilters } from '../address/current-address.ts';
import { DeploymentTable } from '../deployments/deployment-table.tsx';
import { CLUSTERS } from '../live/clusters-shown.ts';
import { useShown } from '../live/use-shown.ts';
import { SelectField, TextField } from '../parts/fields.tsx';
import { NewestList } from '../parts/newest-list.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { useSettled } from '../parts/use-settled.ts';
import { visibleText } from '../words/visible-text.ts';

const STATES = [
  { value: '', label: 'All states' },
  ...DEPLOYMENT_STATES.map((state) => ({ value: state, label: state })),
];

/** After this pause, a person has finished typing the search. */
const TYPING_MS = 250;
const DAY_MS = 86_400_000;
/** The API's limit. */
const LONGEST_SEARCH = 255;

/** The filters of the API for `2026-03-01` in UTC; none for anything that is no day. */
const ofDay = (day: string): Readonly<Record<string, string>> => {
  const since = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : Number.NaN;
  if (Number.isNaN(since)) return {};
  const [from, until] = [since, since + DAY_MS].map((at) => new Date(at).toISOString());
  return { since: from ?? '', until: until ?? '' };
};

const ShowAll = () => (
  <button
    type="button"
    onClick={() => setFilters({ q: null, state: null, cluster: null, day: null })}
  >
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
  const { q = '', state = '', cluster = '', day = '' } = currentAddress.value.filters;
  const clusters = useShown(CLUSTERS).value ?? [];
  const asked = useSettled(q.trim(), TYPING_MS).slice(0, LONGEST_SEARCH);
  const isFiltered = asked !== '' || state !== '' || cluster !== '' || day !== '';
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
      {day !== '' && (
        <p class="lead">
          Queued on {visibleText(day)}, in UTC. <ShowAll />
        </p>
      )}
      <NewestList<DeploymentView>
        path="/api/v1/deployments"
        filters={{ state, cluster, q: asked, ...ofDay(day) }}
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
