import { useId } from 'preact/hooks';
import type { WaitingView } from '../../../src/core/policy/approvals/waiting-view.ts';
import { printAddress } from '../address/address.ts';
import { mayDecide, signedInAs } from '../live/session-state.ts';
import { visibleText } from '../words/visible-text.ts';
import { type Ask, votesOf } from './decision-dialogs.tsx';
import { GateList } from './gate-list.tsx';
import { WaitingFacts } from './waiting-facts.tsx';

type Props = {
  readonly waiting: WaitingView;
  readonly ask: Ask;
  readonly onDone: () => void;
};

/** The buttons for a decision, or why there are none. */
export const Decide = ({ waiting, ask, onDone }: Props) => {
  const session = signedInAs();
  const votes = votesOf(waiting);
  const asked = waiting.gates.find((gate) => gate.votes !== null);
  const hasVoted = session !== null && votes?.by.includes(session.name) === true;
  const mayVote = asked?.canOpen.some((role) => role === session?.role) === true;
  if (!mayDecide()) {
    return (
      <p class="faint">You need an approver or operator token to decide. Yours can only read.</p>
    );
  }
  return (
    <>
      <div class="acts">
        {mayVote && !hasVoted && (
          <button
            type="button"
            class="primary"
            aria-haspopup="dialog"
            aria-label={`Approve ${waiting.name}`}
            onClick={() => ask({ act: 'approve', waiting, onDone })}
          >
            Approve…
          </button>
        )}
        <button
          type="button"
          class="danger"
          aria-haspopup="dialog"
          aria-label={`Reject ${waiting.name}`}
          onClick={() => ask({ act: 'reject', waiting, onDone })}
        >
          Reject…
        </button>
      </div>
      {hasVoted && <p class="faint">You have approved it.</p>}
    </>
  );
};

/** One waiting service: what it waits for, what would change, and the decision. */
export const WaitingCard = ({ waiting, ask, onDone }: Props) => {
  const id = useId();
  return (
    <article class="waiting" aria-labelledby={id}>
      <h2 id={id}>
        <a href={printAddress(['services', waiting.cluster, waiting.name])}>
          {visibleText(waiting.name)}
        </a>
      </h2>
      <GateList gates={waiting.gates} />
      <WaitingFacts waiting={waiting} />
      <Decide waiting={waiting} ask={ask} onDone={onDone} />
    </article>
  );
};
