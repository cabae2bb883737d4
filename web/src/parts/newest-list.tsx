import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { type Newest, readNewest } from '../api/read-newest.ts';
import type { Happening } from '../live/happening.ts';
import { useShown } from '../live/use-shown.ts';
import { Empty, ShownAs } from './notice.tsx';

type NewestListProps<T> = {
  /** The path of the list in the API. */
  readonly path: string;
  readonly filters?: Readonly<Record<string, string>>;
  /** How many more to show each time. */
  readonly step: number;
  readonly what: string;
  readonly concerns: (happening: Happening) => boolean;
  /** The label of the button below the list. Default: `Show older`. */
  readonly more?: string;
  /** Shown if the list is empty. */
  readonly empty: ComponentChildren;
  /** Shown for entries that the list hides, if there are any. */
  readonly leftOut?: (count: number) => ComponentChildren;
  readonly children: (items: readonly T[], readSoon: () => void) => ComponentChildren;
};

const NONE: Readonly<Record<string, string>> = {};

/** A list, newest first and kept up to date, with a button for older entries. */
export const NewestList = <T,>({
  path,
  filters = NONE,
  step,
  what,
  more = 'Show older',
  concerns,
  empty,
  leftOut,
  children,
}: NewestListProps<T>) => {
  const [count, setCount] = useState(step);
  const shown = useShown<Newest<T>>({
    of: path,
    variant: JSON.stringify([filters, count]),
    read: (signal) => readNewest(path, filters, count, signal),
    concerns,
  });
  return (
    <ShownAs shown={shown} what={what}>
      {({ items, hasMore, ignored }) => (
        <>
          {ignored > 0 && leftOut?.(ignored)}
          {items.length === 0 ? <Empty>{empty}</Empty> : children(items, shown.readSoon)}
          {hasMore && (
            <p class="older">
              <button
                type="button"
                aria-disabled={!shown.isWhole}
                onClick={() => setCount(count + step)}
              >
                {shown.isWhole ? more : 'Loading…'}
              </button>
            </p>
          )}
        </>
      )}
    </ShownAs>
  );
};
