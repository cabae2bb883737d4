import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { FreezeView } from '../../../src/core/contract/views.ts';
import { freeze } from '../api/acts.ts';
import { now } from '../live/now.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Age } from '../parts/age.tsx';
import { SelectField, TextField } from '../parts/fields.tsx';
import { printWhole } from '../words/clock-time.ts';
import { Consequences } from './consequences.tsx';
import { scopeWords } from './freeze-words.ts';
import { UNTIL_CHOICES, untilOf } from './until-choices.ts';

/** Asks for the reason and the duration. The children choose what to freeze. */
export const FreezeForm = ({
  title,
  confirm,
  scope,
  children,
  onDone,
  onClose,
}: {
  readonly title: string;
  readonly confirm: string;
  readonly scope: Pick<FreezeView, 'cluster' | 'stack' | 'service'>;
  readonly children?: ComponentChildren;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) => {
  const [reason, setReason] = useState('');
  const [hours, setHours] = useState('4');
  const until = untilOf(hours, now.value);
  return (
    <ActDialog
      title={title}
      confirm={confirm}
      blocked={reason.trim() === '' ? 'Give a reason. Others will see it.' : null}
      act={(key) =>
        freeze({ ...scope, reason: reason.trim(), until: untilOf(hours, Date.now()) }, key)
      }
      onDone={onDone}
      onClose={onClose}
      result={(made) => (
        <p>
          Frozen: {scopeWords(made)}
          {made.until === null ? ', until somebody lifts it' : ', it ends '}
          {made.until !== null && <Age at={made.until} />}.
        </p>
      )}
    >
      {children}
      <TextField
        label="Reason"
        value={reason}
        onChange={setReason}
        isRequired
        placeholder="incident 42, sale until Monday"
      />
      <SelectField label="How long" value={hours} onChange={setHours} choices={UNTIL_CHOICES} />
      <Consequences
        items={[
          `Automatic deployments stop for ${scopeWords(scope)}: no push, no SmartRedeploy.`,
          'Pushes are kept. After the freeze, the newest push of each image is deployed.',
          'Deployments that have started continue. A person can still force a redeployment.',
          until === null
            ? 'It lasts until somebody lifts it.'
            : `It ends automatically at ${printWhole(Date.parse(until))}.`,
        ]}
      />
    </ActDialog>
  );
};
