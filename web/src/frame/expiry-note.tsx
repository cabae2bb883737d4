import { expiresSoon, tellExpiry } from '../../../src/core/token-expiry.ts';
import { now } from '../live/now.ts';
import { sessionState } from '../live/session-state.ts';
import { Icon } from '../parts/icon.tsx';

/** Warns on every page that the session's token is about to expire. */
export const ExpiryNote = () => {
  const state = sessionState.value;
  const expiresAt = state.kind === 'signed-in' ? state.session.tokenExpiresAt : null;
  if (expiresAt === null || !expiresSoon(expiresAt, now.value)) return null;
  return (
    <div role="status" class="store-note">
      <p>
        <Icon name="cross" />
        <span>
          <strong>Your token {tellExpiry(expiresAt, now.value)}.</strong> Ask the person who runs
          the helper for a new one.
        </span>
      </p>
    </div>
  );
};
