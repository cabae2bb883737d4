/** Stands for every further value. */
export const OTHER = 'other';

/**
 * Bounds a label whose values come from outside: the first `most` values are kept, all others become `other`. The
 * `known` values come first.
 */
export const createLabelLimit = (
  most: number,
  known: readonly string[] = [],
): ((value: string) => string) => {
  const kept = new Set(known.slice(0, most));
  return (value) => {
    if (kept.has(value)) return value;
    if (kept.size >= most) return OTHER;
    kept.add(value);
    return value;
  };
};
