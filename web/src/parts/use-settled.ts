import { useEffect, useState } from 'preact/hooks';

/** A value after it has not changed for `ms`; until then, the previous settled value. */
export const useSettled = <T extends string>(value: T, ms: number): T => {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
};
