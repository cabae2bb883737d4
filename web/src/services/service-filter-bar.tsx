import type { ServiceView } from '../../../src/core/contract/views.ts';
import { currentAddress, setFilters } from '../address/current-address.ts';
import { type Choice, SelectField, TextField } from '../parts/fields.tsx';
import { Icon } from '../parts/icon.tsx';
import { healthLook, healthMeaning } from '../words/health-words.ts';
import { verdictLook, verdictMeaning } from '../words/verdict-words.ts';
import { countHealth, countVerdicts, NO_STACK } from './filter-services.ts';
import { SERVICE_COLUMNS } from './service-columns.tsx';

const choicesOf = (every: string, values: readonly string[]): readonly Choice[] => [
  { value: '', label: every },
  ...[...new Set(values)].toSorted().map((value) => ({
    value,
    label: value === NO_STACK ? '(no stack)' : value,
  })),
];

/** For narrow screens: cards have no column titles to sort by. */
const SORTS: readonly Choice[] = [
  { value: '', label: 'Most urgent' },
  ...SERVICE_COLUMNS.filter(({ sorts }) => sorts).flatMap(({ key, title }) => [
    { value: key, label: title },
    { value: `-${key}`, label: `${title}, reversed` },
  ]),
];

/** The number of unhealthy services by health. Each is a switch that shows only those. */
const HealthCounts = ({ services }: { readonly services: readonly ServiceView[] }) => {
  const chosen = currentAddress.value.filters['health'] ?? '';
  const counts = countHealth(services);
  if (counts.length === 0) return null;
  return (
    <div class="counts" role="group" aria-label="Health">
      {counts.map(([health, count]) => (
        <button
          key={health}
          type="button"
          class={`count ${healthLook(health).tone}`}
          title={healthMeaning(health)}
          aria-pressed={chosen === health}
          onClick={() => setFilters({ health: chosen === health ? null : health })}
        >
          <Icon name={healthLook(health).icon} />
          <span class="number">{count}</span> {health}
        </button>
      ))}
    </div>
  );
};

/** The number of services by verdict. Each is a switch that shows only those. */
const VerdictCounts = ({ services }: { readonly services: readonly ServiceView[] }) => {
  const chosen = currentAddress.value.filters['verdict'] ?? '';
  return (
    <div class="counts" role="group" aria-label="Verdicts">
      {countVerdicts(services).map(([verdict, count]) => (
        <button
          key={verdict}
          type="button"
          class={`count ${verdictLook(verdict).tone}`}
          title={verdictMeaning(verdict)}
          aria-pressed={chosen === verdict}
          onClick={() => setFilters({ verdict: chosen === verdict ? null : verdict })}
        >
          <Icon name={verdictLook(verdict).icon} />
          <span class="number">{count}</span> {verdict}
        </button>
      ))}
    </div>
  );
};

export const ServiceFilterBar = ({
  services,
  found,
  isWhole,
}: {
  readonly services: readonly ServiceView[];
  readonly found: number;
  readonly isWhole: boolean;
}) => {
  const { q = '', cluster = '', stack = '', sort = '' } = currentAddress.value.filters;
  const clusters = choicesOf(
    'All clusters',
    services.map((service) => service.cluster),
  );
  const stacks = choicesOf(
    'All stacks',
    services.map((service) => service.stack ?? NO_STACK),
  );
  return (
    <search class="filters">
      <TextField
        label="Search"
        isSearch
        value={q}
        placeholder="name, image, version, commit, digest"
        onChange={(value) => setFilters({ q: value })}
      />
      {clusters.length > 2 && (
        <SelectField
          label="Cluster"
          value={cluster}
          choices={clusters}
          onChange={(value) => setFilters({ cluster: value })}
        />
      )}
      <SelectField
        label="Stack"
        value={stack}
        choices={stacks}
        onChange={(value) => setFilters({ stack: value })}
      />
      <div class="narrow-only field-wrap">
        <SelectField
          label="Sort"
          value={sort}
          choices={SORTS}
          onChange={(value) => setFilters({ sort: value })}
        />
      </div>
      <HealthCounts services={services} />
      <VerdictCounts services={services} />
      <p class="found" role="status">
        {found === services.length
          ? `${found} services`
          : `${found} of ${services.length} services`}
        {!isWhole && ', more on their way…'}
      </p>
    </search>
  );
};
