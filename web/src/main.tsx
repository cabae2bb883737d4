import { render } from 'preact';
import { App } from './app.tsx';
import { confirmSession } from './live/session-state.ts';

const root = document.getElementById('app');
if (root !== null) {
  root.replaceChildren();
  render(<App />, root);
}
void confirmSession();
