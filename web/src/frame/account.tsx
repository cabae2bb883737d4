import { useState } from 'preact/hooks';
import { tellScope } from '../../../src/core/contract/scope.ts';
import { ApiProblem } from '../api/api-problem.ts';
import { signOut, signOutEverywhere } from '../api/session.ts';
import { leave, sessionState } from '../live/session-state.ts';
import { Age } from '../parts/age.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Facts } from '../parts/facts.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemNotice } from '../parts/notice.tsx';

const ROLES = {
  operator: 'operator: may look and act',
  approver: 'approver: may look, and decide about what waits',
  viewer: 'viewer: may look, not act',
} as const;
const NOT_SIGNED_IN = 401;

/** Who is signed in, and the button to sign out. */
export const Account = () => {
  const [isOpen, setOpen] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const state = sessionState.value;
  if (state.kind !== 'signed-in') return null;
  const { name, role, scope, tokenExpiresAt, expiresAt, version } = state.session;
  const end = async (how: () => Promise<null>, why: string): Promise<void> => {
    setProblem(null);
    try {
      await how();
      leave(why);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status === NOT_SIGNED_IN) leave(why);
      else setProblem(error);
    }
  };
  return (
    <>
      <button
        type="button"
        class="plain account"
        aria-haspopup="dialog"
        aria-label={`Account: ${name}, ${role}`}
        onClick={() => setOpen(true)}
      >
        <Icon name="user" />
        <span>{name}</span>
      </button>
      {isOpen && (
        <Dialog title="Account" onClose={() => setOpen(false)}>
          <div class="dialog-body">
            <Facts
              facts={[
                ['Signed in as', name],
                ['Role', ROLES[role]],
                ...(scope === null ? [] : [['Limited to', tellScope(scope)] as const]),
                ...(tokenExpiresAt === null
                  ? []
                  : [['Token expires', <Age key="expires" at={tokenExpiresAt} />] as const]),
                ['Session ends', <Age key="ends" at={expiresAt} />],
                ['Helper', version],
                [
                  'API',
                  <a key="api" href="docs">
                    documentation
                  </a>,
                ],
              ]}
            />
            {problem !== null && <ProblemNotice problem={problem} what="Still signed in:" />}
          </div>
          <div class="dialog-foot">
            <button
              type="button"
              onClick={() => void end(signOutEverywhere, 'Signed out in every browser.')}
            >
              Sign out everywhere
            </button>
            <button type="button" class="primary" onClick={() => void end(signOut, 'Signed out.')}>
              Sign out
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
};
