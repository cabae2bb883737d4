import { useState } from 'preact/hooks';
import type { ClusterView, FreezeView } from '../../../src/core/contract/views.ts';
import { FreezeForm } from '../acts/freeze-form.tsx';
import { scopeWords } from '../acts/freeze-words.ts';
import { ThawDialog } from '../acts/thaw-dialog.tsx';
import { FREEZES } from '../live/freezes-shown.ts';
import { isOperator } from '../live/session-state.ts';
import { useShown } from '../live/use-shown.ts';
import { Age } from '../parts/age.tsx';
import { SelectField, TextField } from '../parts/fields.tsx';
import { Empty, ShownAs } from '../parts/notice.tsx';
import { Section } from '../parts/section.tsx';
import { type Column, rowsOf, Table } from '../parts/table.tsx';
import { visibleText } from '../words/visible-text.ts';

const EVERYTHING = { cluster: '', stack: '', service: '' };

const given = (text: string): string | null => (text.trim() === '' ? null : text.trim());

/** Asks what to freeze; blank means everything. */
const NewFreeze = ({
  clusters,
  onDone,
  onClose,
}: {
  readonly clusters: readonly ClusterView[];
  readonly onDone: () => void;
  readonly onClose: () => void;
}) => {
  const [typed, setTyped] = useState(EVERYTHING);
  const change = (changed: Partial<typeof typed>): void => setTyped({ ...typed, ...changed });
  return (
    <FreezeForm
      title="Freeze deployments"
      confirm="Freeze"
      scope={{
        cluster: given(typed.cluster),
        stack: given(typed.stack),
        service: given(typed.service),
      }}
      onDone={onDone}
      onClose={onClose}
    >
      <SelectField
        label="Cluster"
        value={typed.cluster}
        onChange={(cluster) => change({ cluster })}
        choices={[
          { value: '', label: 'Every cluster' },
          ...clusters.map(({ name }) => ({ value: name, label: name })),
        ]}
      />
      <TextField
        label="Stack"
        value={typed.stack}
        placeholder="every stack"
        onChange={(stack) => change({ stack })}
      />
      <TextField
        label="Service"
        value={typed.service}
        placeholder="every service"
        onChange={(service) => change({ service })}
      />
    </FreezeForm>
  );
};

const COLUMNS: readonly Column<FreezeView>[] = [
  {
    key: 'service',
    title: 'Frozen',
    bare: true,
    cell: (freeze) => <strong>{visibleText(scopeWords(freeze))}</strong>,
  },
  { key: 'reason', title: 'Reason', cell: ({ reason }) => visibleText(reason) },
  { key: 'by', title: 'By', cell: ({ by }) => visibleText(by) },
  { key: 'since', title: 'Since', cell: ({ since }) => <Age at={since} /> },
  {
    key: 'until',
    title: 'Ends',
    cell: ({ until }) => (until === null ? 'when lifted' : <Age at={until} />),
  },
];

export const FreezeSection = ({ clusters }: { readonly clusters: readonly ClusterView[] }) => {
  const [open, setOpen] = useState<'new' | FreezeView | null>(null);
  const shown = useShown(FREEZES);
  const close = (): void => setOpen(null);
  const lift: Column<FreezeView> = {
    key: 'act',
    title: 'Act',
    bare: true,
    cell: (freeze) => (
      <button
        type="button"
        aria-haspopup="dialog"
        aria-label={`Lift the freeze of ${scopeWords(freeze)}`}
        onClick={() => setOpen(freeze)}
      >
        Lift
      </button>
    ),
  };
  return (
    <Section
      title="Freezes"
      aside={
        isOperator() && (
          <button type="button" aria-haspopup="dialog" onClick={() => setOpen('new')}>
            Freeze…
          </button>
        )
      }
    >
      <ShownAs shown={shown} what="freezes">
        {(freezes) =>
          freezes.length === 0 ? (
            <Empty>
              <p>Nothing is frozen: pushes are deployed.</p>
            </Empty>
          ) : (
            <Table
              label="Freezes"
              layout="freezes"
              columns={isOperator() ? [...COLUMNS, lift] : COLUMNS}
              lines={rowsOf(freezes, ({ id }) => id)}
            />
          )
        }
      </ShownAs>
      {open === 'new' && <NewFreeze clusters={clusters} onDone={shown.readSoon} onClose={close} />}
      {open !== null && open !== 'new' && (
        <ThawDialog freeze={open} onDone={shown.readSoon} onClose={close} />
      )}
    </Section>
  );
};
