import { useEffect, useRef, useState } from 'preact/hooks';
import type { Happening } from './happening.ts';
import { keepShown, NOTHING_SHOWN, type Read, type Shown } from './keep-shown.ts';

/**
 * Something that the helper knows, kept as it is now. `name` tells what it is: with another it is read
 * anew, and with null nothing is.
 */
export const useShown = <T>(
  name: string | null,
  read: Read<T>,
  concerns: (happening: Happening) => boolean,
): Shown<T> & { readonly readSoon: () => void } => {
  const [state, setState] = useState<{ readonly name: string | null; readonly shown: Shown<T> }>({
    name: null,
    shown: NOTHING_SHOWN,
  });
  const again = useRef<() => void>(() => {});
  useEffect(() => {
    if (name === null) return undefined;
    const kept = keepShown({ read, concerns, show: (shown) => setState({ name, shown }) });
    again.current = kept.readSoon;
    return kept.stop;
  }, [name]);
  // What was read under another name is not this.
  const shown = state.name === name ? state.shown : NOTHING_SHOWN;
  return { ...shown, readSoon: () => again.current() };
};
