/** What stands for every further value. */
export const OTHER = 'other';

/**
 * Keeps a label that the outside has a say in from growing without end: the first `most` values are
 * themselves, all others are `other`. Those `known` from the start come first.
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
