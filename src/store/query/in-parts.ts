/** Far from the most parameters that a database takes in one statement, at up to a dozen for each row. */
const ROWS_AT_ONCE = 500;

/** Rows as they may be put in: a statement for many, and never too many for one. */
export const inParts = <Row>(rows: readonly Row[]): readonly (readonly Row[])[] => {
  const parts: (readonly Row[])[] = [];
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    parts.push(rows.slice(from, from + ROWS_AT_ONCE));
  }
  return parts;
};
