import type { FreezeView } from '../../../src/core/contract/views.ts';
import { thaw } from '../api/acts.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Age } from '../parts/age.tsx';
import { Facts } from '../parts/facts.tsx';
import { visibleText } from '../words/visible-text.ts';
import { Consequences } from './consequences.tsx';
import { scopeWords } from './freeze-words.ts';

export const ThawDialog = ({
  freeze,
  onDone,
  onClose,
}: {
  readonly freeze: FreezeView;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) => (
  <ActDialog
    title="Lift the freeze"
    confirm="Lift it"
    act={(key) => thaw(freeze.id, key)}
    onDone={onDone}
    onClose={onClose}
    result={() => <p>Lifted: {scopeWords(freeze)}.</p>}
  >
    <Facts
      facts={[
        ['Frozen', scopeWords(freeze)],
        ['Reason', visibleText(freeze.reason)],
        ['By', visibleText(freeze.by)],
        ['Since', <Age key="since" at={freeze.since} />],
      ]}
    />
    <Consequences
      items={[
        'The helper checks pushes that arrived during the freeze now. The newest push of each image is deployed if it differs.',
        'Other freezes stay as they are.',
      ]}
    />
  </ActDialog>
);
