/** Rows of one statement are in memory together, with bodies of up to 256 KiB. */
const ROWS_AT_ONCE = 100;

/** Splits rows for inserting: many per statement, but never too many. */
export const inParts = <Row>(rows: readonly Row[]): readonly [Row, ...Row[]][] => {
  const parts: [Row, ...Row[]][] = [];
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const [first, ...others] = rows.slice(from, from + ROWS_AT_ONCE);
    if (first !== undefined) parts.push([first, ...others]);
  }
  return parts;
};
