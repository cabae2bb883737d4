/**
 * The rows of a part of a list, of which one more was asked for than it has: those that are shown, and
 * the id of the last of them where there is more, which the next part is asked for after.
 */
export const cutPage = <Row extends { readonly id: string }>(
  rows: readonly Row[],
  { limit }: { readonly limit: number },
): { readonly shown: readonly Row[]; readonly next: string | null } => {
  const shown = rows.slice(0, limit);
  return { shown, next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null };
};
