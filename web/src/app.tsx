import { useEffect } from 'preact/hooks';
import { Frame } from './frame/frame.tsx';
import { hear, stayConnected } from './live/connection.ts';
import type { Happening } from './live/happening.ts';
import { confirmSession, sessionState } from './live/session-state.ts';
import './live/theme.ts';
import { announce, Announcer } from './parts/announcer.tsx';
import { CurrentPage } from './pages/current-page.tsx';
import { SignInPage } from './pages/sign-in-page.tsx';

/** What a screen reader announces: beginnings and ends, not every step. */
const tell = (happening: Happening): void => {
  if (happening.type !== 'deployment' || happening.service === null) return;
  if (happening.state === null || happening.state === 'queued') return;
  announce(`${happening.service}: ${happening.state}`);
};

const Desk = () => {
  useEffect(() => hear(tell), []);
  useEffect(() => stayConnected(() => void confirmSession()), []);
  return (
    <Frame>
      <CurrentPage />
    </Frame>
  );
};

export const App = () => {
  const state = sessionState.value;
  return (
    <>
      {state.kind === 'signed-in' ? <Desk /> : <SignInPage state={state} />}
      <Announcer />
    </>
  );
};
