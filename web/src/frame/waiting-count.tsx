import { useShown } from '../live/use-shown.ts';
import { waitingShown } from '../waiting/waiting-shown.ts';

/** Every page reads so many of what waits, and no more. */
const COUNTED = waitingShown(99);

/** How many services wait, beside the word in the navigation; nothing where none does. */
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
