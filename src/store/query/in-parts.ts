/** Rows of one statement travel together, with bodies of up to 256 KiB among them. */
const ROWS_AT_ONCE = 100;

/** Rows as they may be put in: a statement for many, and never too many for one. */
export const inParts = <Row>(rows: readonly Row[]): readonly [Row, ...Row[]][] => {
  const parts: [Row, ...Row[]][] = [];
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const [first, ...others] = rows.slice(from, from + ROWS_AT_ONCE);
    if (first !== undefined) parts.push([first, ...others]);
  }
  return parts;
};
