import { useEffect, useRef, useState } from 'preact/hooks';
import type { Happening } from './happening.ts';
import { keepShown, NOTHING_SHOWN, type Read, type Shown } from './keep-shown.ts';

export type Source<T> = {
  /** Identifies the thing; null if there is nothing to read. */
  readonly of: string | null;
  /** Which part or filter of it. While another variant loads, the previous one stays visible. */
  readonly variant?: string;
  readonly read: Read<T>;
  /** Whether an event may have changed it. */
  readonly concerns: (happening: Happening) => boolean;
};

/** Something that the helper knows, kept up to date. */
export const useShown = <T>({
  of,
  variant = '',
  read,
  concerns,
}: Source<T>): Shown<T> & { readonly readSoon: () => void } => {
  const [state, setState] = useState<{
    readonly of: string | null;
    readonly variant: string;
    readonly shown: Shown<T>;
  }>({ of: null, variant: '', shown: NOTHING_SHOWN });
  const again = useRef<() => void>(() => {});
  useEffect(() => {
    if (of === null) return undefined;
    const kept = keepShown({
      read,
      concerns,
      show: (shown) => setState({ of, variant, shown }),
    });
    again.current = kept.readSoon;
    return kept.stop;
  }, [of, variant]);
  const shown = state.of === of ? state.shown : NOTHING_SHOWN;
  const isWhole = shown.isWhole && state.variant === variant;
  return { ...shown, isWhole, readSoon: () => again.current() };
};
