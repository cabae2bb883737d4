import { useState } from 'preact/hooks';
import type { WaitingView } from '../../../src/core/policy/approvals/waiting-view.ts';
import { Consequences } from '../acts/consequences.tsx';
import { approveWaiting, rejectWaiting } from '../api/acts.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { TextField } from '../parts/fields.tsx';
import { WaitingFacts } from './waiting-facts.tsx';

type DecisionProps = {
  readonly waiting: WaitingView;
  readonly onDone: () => void;
  readonly onClose: () => void;
};

export const votesOf = ({ gates }: WaitingView) =>
  gates.find(({ votes }) => votes !== null)?.votes ?? null;

const missing = (waiting: WaitingView): number => {
  const votes = votesOf(waiting);
  return votes === null ? 0 : Math.max(votes.needed - votes.given, 0);
};

const votesWord = (count: number): string => `${count} more ${count === 1 ? 'vote' : 'votes'}`;

const afterApproval = (waiting: WaitingView): string => {
  const left = missing(waiting) - 1;
  if (left > 0)
    return `Your vote is counted; ${votesWord(left)} must follow before anything changes.`;
  const others = waiting.gates.some(({ votes, canOpen }) => votes === null && canOpen.length === 0);
  return others
    ? 'Yours is the last vote that is needed. The service is updated when the other gates open, too.'
    : 'Yours is the last vote that is needed: the service is updated to this image now, and its tasks are replaced.';
};

const ApproveDialog = ({ waiting, onDone, onClose }: DecisionProps) => (
  <ActDialog
    title={`Approve ${waiting.name}`}
    confirm="Approve"
    act={(key) => approveWaiting(waiting, key)}
    onDone={onDone}
    onClose={onClose}
    result={(after) => (
      <p>
        {missing(after) > 0
          ? `Your vote is counted. ${votesWord(missing(after))} needed.`
          : 'Your vote is counted, and there are enough.'}
      </p>
    )}
  >
    <WaitingFacts waiting={waiting} />
    <Consequences
      items={[
        afterApproval(waiting),
        'A vote is for exactly this image with the present settings of the service. A newer push needs its own votes.',
        'You cannot withdraw a vote. While the image waits, you can still reject it.',
      ]}
    />
  </ActDialog>
);

const RejectDialog = ({ waiting, onDone, onClose }: DecisionProps) => {
  const [reason, setReason] = useState('');
  return (
    <ActDialog
      title={`Reject ${waiting.name}`}
      confirm="Reject"
      isDangerous
      blocked={reason.trim() === '' ? 'A rejection needs a reason.' : null}
      act={(key) => rejectWaiting(waiting, reason.trim(), key)}
      onDone={onDone}
      onClose={onClose}
      result={() => <p>Rejected. {waiting.name} keeps what it runs, and this image is held.</p>}
    >
      <WaitingFacts waiting={waiting} />
      <TextField
        label="Reason"
        value={reason}
        onChange={setReason}
        hint="Everybody can read it, and it is sent to notification channels."
        isRequired
      />
      <Consequences
        items={[
          'One person can reject it. The service keeps its running image.',
          'This image is held for the service, even if it is pushed again, until another image is pushed or an operator releases the service.',
          'An older image that waits behind it can take its place.',
        ]}
      />
    </ActDialog>
  );
};

const DIALOGS = { approve: ApproveDialog, reject: RejectDialog } as const;

type Asked = Omit<DecisionProps, 'onClose'> & { readonly act: keyof typeof DIALOGS };
export type Ask = (asked: Asked) => void;

/**
 * Asks for confirmation of a decision. The page renders the dialog, not the waiting entry: the entry disappears with
 * the last vote, but the person who gave it still has to see the result.
 */
export const useDecision = () => {
  const [asked, ask] = useState<Asked | null>(null);
  const Chosen = asked === null ? null : DIALOGS[asked.act];
  const dialog = asked !== null && Chosen !== null && (
    <Chosen waiting={asked.waiting} onDone={asked.onDone} onClose={() => ask(null)} />
  );
  return { ask: ask as Ask, dialog };
};
