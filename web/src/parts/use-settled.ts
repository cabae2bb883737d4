import { useEffect, useState } from 'preact/hooks';

/** A value once it has stayed the same for `ms`; before, the one that stayed last. */
export const useSettled = <T extends string>(value: T, ms: number): T => {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
};
