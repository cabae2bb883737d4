import { connection } from '../live/connection.ts';
import { now } from '../live/now.ts';
import { isOutdated } from '../live/session-state.ts';
import { Icon } from '../parts/icon.tsx';
import { printClock } from '../words/clock-time.ts';

const WORDS = { connecting: 'connecting', live: 'live', away: 'offline' } as const;

/** Whether what happens is heard, in a word. */
export const ConnectionSign = () => {
  const { kind } = connection.value;
  return (
    <span class={`connection ${kind}`}>
      <span class="dot" aria-hidden="true" />
      {WORDS[kind]}
    </span>
  );
};

/** Says that what is shown may be old, since when, and that the page does something about it. */
export const ConnectionNote = () => {
  const state = connection.value;
  return (
    <div role="status" class="connection-note">
      {state.kind === 'away' && (
        <p>
          <Icon name="cycle" />
          Reconnecting… Showing data from {printClock(state.since, now.value)}.
        </p>
      )}
      {isOutdated.value && (
        <p>
          <Icon name="up" />
          The helper was updated.
          <button type="button" onClick={() => location.reload()}>
            Reload its dashboard
          </button>
        </p>
      )}
    </div>
  );
};
