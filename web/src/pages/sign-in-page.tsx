import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../api/api-problem.ts';
import { signIn } from '../api/session.ts';
import { confirmSession, enter, type SessionState } from '../live/session-state.ts';
import { Loading, ProblemNotice } from '../parts/notice.tsx';

const REFUSED = 401;
const TOO_MANY = 429;

/** In words for a person at the form; the API's words are for people who write requests. */
const refusal = (problem: ApiProblem): readonly [what: string, message: string] => {
  const { status, retryAfter, message } = problem;
  const hasNone = message.includes('CD_HELPER_API_TOKEN');
  if (status === REFUSED) return ['This token is not valid.', hasNone ? message : ''];
  if (status !== TOO_MANY) return ['Could not sign in:', message];
  const wait = retryAfter === null ? 'Try again later.' : `Try again in ${retryAfter} s.`;
  return ['Too many wrong tokens from this address.', wait];
};

const Refusal = ({ problem }: { readonly problem: ApiProblem }) => {
  const [what, message] = refusal(problem);
  return <ProblemNotice problem={{ message }} what={what} />;
};

const SignInForm = ({ why }: { readonly why: string | null }) => {
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isAsking, setAsking] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const enterWith = async (token: string): Promise<void> => {
    setAsking(true);
    setProblem(null);
    try {
      enter(await signIn(token));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
      input.current?.select();
    } finally {
      setAsking(false);
    }
  };
  return (
    <form
      class="sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        // Read directly from the field and stored nowhere.
        const token = input.current?.value.trim() ?? '';
        if (token !== '' && !isAsking) void enterWith(token);
      }}
    >
      {why !== null && (
        <p class="why" role="status">
          {why}
        </p>
      )}
      <div class="field">
        <label htmlFor="token">Token</label>
        <input
          id="token"
          ref={input}
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          required
          aria-describedby="token-hint"
          aria-invalid={problem !== null}
        />
        <p class="hint" id="token-hint">
          One of the API tokens of this helper, such as that of <code>CD_HELPER_API_TOKEN</code>.
        </p>
      </div>
      {problem !== null && <Refusal problem={problem} />}
      <button type="submit" class="primary" aria-disabled={isAsking}>
        {isAsking && <span class="spinner" aria-hidden="true" />}
        Sign in
      </button>
    </form>
  );
};

export const SignInPage = ({ state }: { readonly state: SessionState }) => {
  useEffect(() => {
    document.title = 'Sign in · cd-helper';
  }, []);
  return (
    <main class="door">
      <h1>cd-helper</h1>
      <p class="faint">Deployments of Docker Swarm, pushed by registries</p>
      {state.kind === 'asking' && <Loading what="session" />}
      {state.kind === 'signed-out' && <SignInForm why={state.why} />}
      {state.kind === 'unknown' && (
        <div class="sign-in">
          <div class="notice bad" role="alert">
            <p>
              <strong>No answer:</strong> {state.problem}
            </p>
          </div>
          <button type="button" class="primary" onClick={() => void confirmSession()}>
            Try again
          </button>
        </div>
      )}
    </main>
  );
};
