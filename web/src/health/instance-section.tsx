import type { InstanceView } from '../../../src/core/contract/instance-view.ts';
import type { Page } from '../../../src/core/contract/views.ts';
import { ask } from '../api/ask.ts';
import { type Source, useShown } from '../live/use-shown.ts';
import { Age } from '../parts/age.tsx';
import { Section } from '../parts/section.tsx';
import { type Column, rowsOf, Table } from '../parts/table.tsx';
import { visibleText } from '../words/visible-text.ts';

const INSTANCES: Source<readonly InstanceView[]> = {
  of: 'instances',
  read: async (signal) => (await ask<Page<InstanceView>>('/api/v1/instances', { signal })).items,
  concerns: () => false,
};

const COLUMNS: readonly Column<InstanceView>[] = [
  {
    key: 'service',
    title: 'Instance',
    bare: true,
    cell: ({ host, version }) => (
      <>
        <strong>{visibleText(host)}</strong> <span class="faint">{version}</span>
      </>
    ),
  },
  {
    key: 'leases',
    title: 'Works on',
    cell: ({ state, leases }) =>
      leases.map(({ name }) => visibleText(name)).join(', ') || (
        <span class="faint">{state === 'gone' ? 'gone' : 'nothing, ready to take over'}</span>
      ),
  },
  { key: 'started', title: 'Started', cell: ({ startedAt }) => <Age at={startedAt} /> },
  { key: 'seen', title: 'Seen', cell: ({ seenAt }) => <Age at={seenAt} /> },
];

/**
 * The instances that share the store. Nothing if there is only one, as with SQLite, or if the token must not read
 * them.
 */
export const InstanceSection = () => {
  const { value } = useShown(INSTANCES);
  // If it could not be read again, its ages show how old it is.
  return (
    value?.[1] && (
      <Section title="Instances">
        <Table
          label="Instances"
          layout="registries"
          columns={COLUMNS}
          lines={rowsOf(value, ({ id }) => id)}
        />
      </Section>
    )
  );
};
