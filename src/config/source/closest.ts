/** Ignores case and word separators: `base_path` is the same as `basePath`. */
const bare = (text: string): string => text.toLowerCase().replaceAll(/[-_. ]/g, '');

/** Minimum number of insertions, removals, replacements and swaps of neighbours that turn `a` into `b`. */
const distance = (a: string, b: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const differs = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
          ? (beforeLast[column - 2] ?? 0) + 1
          : Number.POSITIVE_INFINITY;
      current.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + differs,
          swapped,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
};

/** The member of `known` that `text` most likely misspells, or null if none is near. */
export const closest = (text: string, known: readonly string[]): string | null => {
  // Up to a third of the letters wrong is a typo; more is another word.
  const limit = Math.max(1, Math.floor(bare(text).length / 3));
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    const found = distance(bare(text), bare(candidate));
    if (found < bestDistance) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
};
