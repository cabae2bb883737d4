/** Positive if `a` is newer: the first number that differs decides. Null sorts before every number. */
export const compareNumbers = (
  a: readonly (bigint | null)[],
  b: readonly (bigint | null)[],
): number => {
  for (const [index, one] of a.entries()) {
    const other = b[index] ?? null;
    if (one === other) continue;
    if (one === null) return -1;
    return other === null || one > other ? 1 : -1;
  }
  return 0;
};
