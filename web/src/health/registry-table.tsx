import type { RegistryView } from '../../../src/core/contract/views.ts';
import { Age } from '../parts/age.tsx';
import { type Column, rowsOf, Table } from '../parts/table.tsx';
import { printDuration } from '../words/age.ts';
import { visibleText } from '../words/visible-text.ts';

const Quota = ({ host, quota }: Pick<RegistryView, 'host' | 'quota'>) => {
  if (quota === null) return <span class="faint">reports no limit</span>;
  const { remaining, limit, windowSeconds } = quota;
  return (
    <span class="quota">
      <meter
        aria-label={`Left of the limit of ${host}`}
        value={remaining}
        max={limit}
        low={limit * 0.2}
        optimum={limit}
      />
      {remaining} of {limit} left in {printDuration(windowSeconds * 1000)}
    </span>
  );
};

const COLUMNS: readonly Column<RegistryView>[] = [
  {
    key: 'service',
    title: 'Registry',
    bare: true,
    cell: ({ host }) => <strong>{visibleText(host)}</strong>,
  },
  { key: 'quota', title: 'Pulls left', cell: (registry) => <Quota {...registry} /> },
  { key: 'asked', title: 'Asked', cell: ({ askedAt }) => <Age at={askedAt} /> },
  {
    key: 'problem',
    title: 'Problem',
    cell: ({ problem }) =>
      problem === null ? <span class="faint">none</span> : visibleText(problem),
  },
];

export const RegistryTable = ({ registries }: { readonly registries: readonly RegistryView[] }) => (
  <Table
    label="Registries"
    layout="registries"
    columns={COLUMNS}
    lines={rowsOf(registries, ({ host }) => host)}
  />
);
