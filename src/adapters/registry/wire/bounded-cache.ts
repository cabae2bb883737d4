/** Keeps the most recently used entries, up to a number of entries and a total weight. */
export type BoundedCache<V> = {
  readonly get: (key: string) => V | undefined;
  readonly set: (key: string, value: V, weight?: number) => void;
  readonly delete: (key: string) => void;
};

export const createBoundedCache = <V>(limits: {
  entries: number;
  weight?: number;
  /** Called for each value that is removed to make room. */
  onEvict?: (value: V) => void;
}): BoundedCache<V> => {
  const heaviest = limits.weight ?? Number.POSITIVE_INFINITY;
  // A map keeps the order of insertion, so the first key is the least recently used.
  const entries = new Map<string, { value: V; weight: number }>();
  let weight = 0;
  /** The most recent key need not be moved to the end again. */
  let newest: string | null = null;

  const remove = (key: string): V | undefined => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    entries.delete(key);
    weight -= entry.weight;
    return entry.value;
  };

  const makeRoom = (): void => {
    for (const key of entries.keys()) {
      if (entries.size <= limits.entries && weight <= heaviest) return;
      const value = remove(key);
      if (value !== undefined) limits.onEvict?.(value);
    }
  };

  return {
    get: (key) => {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (key !== newest) {
        entries.delete(key);
        entries.set(key, entry);
        newest = key;
      }
      return entry.value;
    },
    set: (key, value, weightOfValue = 1) => {
      remove(key);
      entries.set(key, { value, weight: weightOfValue });
      newest = key;
      weight += weightOfValue;
      makeRoom();
    },
    delete: (key) => {
      remove(key);
    },
  };
};
