import type { WaitingView } from '../../../src/core/policy/approvals/waiting-view.ts';
import { NewestList } from '../parts/newest-list.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { useDecision } from '../waiting/decision-dialogs.tsx';
import { WaitingCard } from '../waiting/waiting-card.tsx';
import { concernsWaiting, WAITING } from '../waiting/waiting-shown.ts';

/** Cards shown at first, and added by each press of the button below them. */
const STEP = 50;

/** Images that wait for their age, for a window, or for votes. */
export const WaitingPage = () => {
  const { ask, dialog } = useDecision();
  return (
    <>
      <PageHead title="Waiting" />
      <NewestList<WaitingView>
        path={WAITING}
        step={STEP}
        what="what waits"
        more="Show more"
        concerns={concernsWaiting}
        empty={<p>Nothing waits: every gate is open.</p>}
      >
        {(items, readSoon) => (
          <div class="cards">
            {items.map((waiting) => (
              <WaitingCard
                key={`${waiting.cluster}/${waiting.id}/${waiting.target.digest}`}
                waiting={waiting}
                ask={ask}
                onDone={readSoon}
              />
            ))}
          </div>
        )}
      </NewestList>
      {dialog}
    </>
  );
};
