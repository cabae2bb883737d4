import { useState } from 'preact/hooks';
import type { ActionView } from '../../../src/core/views.ts';
import { type Newest, readNewest } from '../api/read-newest.ts';
import { useShown } from '../live/use-shown.ts';
import { Age } from '../parts/age.tsx';
import { Empty, ShownAs } from '../parts/notice.tsx';
import { Section } from '../parts/section.tsx';
import { ShowOlder } from '../parts/show-older.tsx';
import { type Column, rowsOf, Table } from '../parts/table.tsx';
import { visibleText } from '../words/visible-text.ts';
import { detailWords } from './action-words.ts';

const STEP = 20;

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

/** Who did what, the newest first. */
export const ActionSection = () => {
  const [count, setCount] = useState(STEP);
  const shown = useShown<Newest<ActionView>>({
    of: 'actions',
    variant: String(count),
    read: (signal) => readNewest('/api/v1/actions', {}, count, signal),
    concerns: ({ type }) => type === 'action',
  });
  return (
    <Section title="Who did what">
      <ShownAs shown={shown} what="the audit">
        {({ items, hasMore }) =>
          items.length === 0 ? (
            <Empty>
              <p>Nobody has done anything yet.</p>
            </Empty>
          ) : (
            <>
              <Table
                label="Audit"
                layout="actions"
                columns={COLUMNS}
                lines={rowsOf(items, ({ id }) => id)}
              />
              <ShowOlder
                hasMore={hasMore}
                isReading={!shown.isWhole}
                onMore={() => setCount(count + STEP)}
              />
            </>
          )
        }
      </ShownAs>
    </Section>
  );
};
