/**
 * Cuts the extra row of a page that was read with one row more than its size. Returns the rows to show and, if there is
 * more, the id of the last of them, after which the next page starts.
 */
export const cutPage = <Row extends { readonly id: string }>(
  rows: readonly Row[],
  { limit }: { readonly limit: number },
): { readonly shown: readonly Row[]; readonly next: string | null } => {
  const shown = rows.slice(0, limit);
  return { shown, next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null };
};
