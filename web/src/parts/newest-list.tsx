import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { type Newest, readNewest } from '../api/read-newest.ts';
import type { Happening } from '../live/happening.ts';
import { useShown } from '../live/use-shown.ts';
import { Empty, ShownAs } from './notice.tsx';

type NewestListProps<T> = {
  /** Of the list in the API. */
  readonly path: string;
  readonly filters?: Readonly<Record<string, string>>;
  /** How many more are shown each time that older ones are asked for. */
  readonly step: number;
  readonly what: string;
  readonly concerns: (happening: Happening) => boolean;
  /** What the button below the list says; default: older ones follow. */
  readonly more?: string;
  /** What is said where there is none. */
  readonly empty: ComponentChildren;
  /** What is said of those that the list leaves out, where it leaves out any. */
  readonly leftOut?: (count: number) => ComponentChildren;
  readonly children: (items: readonly T[], readSoon: () => void) => ComponentChildren;
};

const NONE: Readonly<Record<string, string>> = {};

/** A list from its newest on, kept as it is now, with the way further down. */
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
