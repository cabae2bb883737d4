import { useEffect } from 'preact/hooks';
import { Frame } from './frame/frame.tsx';
import { stayConnected } from './live/connection.ts';
import { confirmSession, sessionState } from './live/session-state.ts';
import './live/theme.ts';
import { Announcer } from './parts/announcer.tsx';
import { CurrentPage } from './pages/current-page.tsx';
import { SignInPage } from './pages/sign-in-page.tsx';

const Desk = () => {
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
