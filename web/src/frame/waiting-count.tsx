import { useShown } from '../live/use-shown.ts';
import { waitingShown } from '../waiting/waiting-shown.ts';

/** Every page reads at most this many waiting services. */
const COUNTED = waitingShown(99);

/** How many services wait, next to the navigation entry; nothing if none does. */
export const WaitingCount = () => {
  const { items = [], hasMore = false } = useShown(COUNTED).value ?? {};
  if (items.length === 0) return null;
  return (
    <span class="count">
      {items.length}
      {hasMore && '+'}
    </span>
  );
};
