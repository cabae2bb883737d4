import { connection } from '../live/connection.ts';
import { now } from '../live/now.ts';
import { isOutdated } from '../live/session-state.ts';
import { Icon } from '../parts/icon.tsx';
import { printClock } from '../words/clock-time.ts';

const WORDS = { connecting: 'connecting', live: 'live', away: 'offline' } as const;

/** Whether the page receives events, in one word. */
export const ConnectionSign = () => {
  const { kind } = connection.value;
  return (
    <span class={`connection ${kind}`}>
      <span class="dot" aria-hidden="true" />
      {WORDS[kind]}
    </span>
  );
};

/** Says that the page may show old data, since when, and that it is trying to reconnect. */
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
