import type { ActionView } from '../../../src/core/contract/views.ts';
import { Age } from '../parts/age.tsx';
import { NewestList } from '../parts/newest-list.tsx';
import { Section } from '../parts/section.tsx';
import { type Column, rowsOf, Table } from '../parts/table.tsx';
import { visibleText } from '../words/visible-text.ts';
import { detailWords } from './action-words.ts';

const COLUMNS: readonly Column<ActionView>[] = [
  {
    key: 'service',
    title: 'Who',
    bare: true,
    cell: ({ actor, at }) => (
      <>
        <strong>{visibleText(actor)}</strong> <Age at={at} />
      </>
    ),
  },
  { key: 'action', title: 'Did', cell: ({ action }) => visibleText(action) },
  { key: 'target', title: 'To', cell: ({ target }) => visibleText(target) },
  {
    key: 'detail',
    title: 'With',
    cell: ({ detail }) => visibleText(detailWords(detail)) || <span class="faint">nothing</span>,
  },
  {
    key: 'from',
    title: 'From',
    cell: ({ address }) => visibleText(address ?? 'not recorded'),
  },
];

/** Who did what, newest first. */
export const ActionSection = () => (
  <Section title="Who did what">
    <NewestList<ActionView>
      path="/api/v1/actions"
      step={20}
      what="the audit"
      concerns={({ type }) => type === 'action'}
      empty={<p>Nobody has done anything yet.</p>}
    >
      {(actions) => (
        <Table
          label="Audit"
          layout="actions"
          columns={COLUMNS}
          lines={rowsOf(actions, ({ id }) => id)}
        />
      )}
    </NewestList>
  </Section>
);
