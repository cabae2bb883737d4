import type { HookSecretView } from '../../../src/core/contract/delivery-views.ts';
import { Age } from '../parts/age.tsx';
import { type Column, rowsOf, Table } from '../parts/table.tsx';

const limits = (names: readonly string[] | null) =>
  names === null ? <span class="faint">any</span> : names.join(', ');

const COLUMNS: readonly Column<HookSecretView>[] = [
  { key: 'service', title: 'Secret', bare: true, cell: ({ name }) => <strong>{name}</strong> },
  { key: 'used', title: 'Last used', cell: ({ lastUsedAt }) => <Age at={lastUsedAt} /> },
  { key: 'count', title: 'Deliveries', cell: ({ deliveries }) => deliveries },
  { key: 'senders', title: 'Senders', cell: ({ senders }) => limits(senders) },
  { key: 'clusters', title: 'Clusters', cell: ({ clusters }) => limits(clusters) },
  { key: 'repositories', title: 'Repositories', cell: ({ repositories }) => limits(repositories) },
];

/** Hook secrets by name, with their last use: unused ones may be removed. */
export const SecretTable = ({ secrets }: { readonly secrets: readonly HookSecretView[] }) => (
  <Table
    label="Hook secrets"
    layout="secrets"
    columns={COLUMNS}
    lines={rowsOf(secrets, ({ name }) => name)}
  />
);
