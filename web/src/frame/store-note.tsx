import type { StoreView } from '../../../src/core/contract/views.ts';
import { ask } from '../api/ask.ts';
import { now } from '../live/now.ts';
import { type Source, useShown } from '../live/use-shown.ts';
import { Icon } from '../parts/icon.tsx';
import { printClock } from '../words/clock-time.ts';
import { visibleText } from '../words/visible-text.ts';

const STORE: Source<StoreView> = {
  of: 'store',
  read: (signal) => ask<StoreView>('/api/v1/store', { signal }),
  concerns: ({ type }) => type === 'store',
};

/** Warns on every page that the store accepts no writes, why, and what that means. */
export const StoreNote = () => {
  const { value } = useShown(STORE);
  return (
    <div role="alert" class="store-note">
      {value !== null && value.state === 'not-writable' && (
        <p>
          <Icon name="cross" />
          <span>
            <strong>The store cannot be written. Webhooks are refused.</strong>{' '}
            {value.since !== null && `Since ${printClock(Date.parse(value.since), now.value)}: `}
            {visibleText(value.detail ?? '')}
          </span>
        </p>
      )}
    </div>
  );
};
