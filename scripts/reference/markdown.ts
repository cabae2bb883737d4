/** Says where a page comes from and how to regenerate it. */
export const GENERATED =
  '<!-- Made by `npm run docs` of the program itself. A test fails where it is out of date. -->';

/** Text in a cell of a table. */
const inCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');

export const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

/**
 * A table, or nothing if it has no rows. Columns that are empty in every row are left out, unless all are requested.
 */
export const table = (
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  wanted: 'used' | 'all' = 'used',
): readonly string[] => {
  if (rows.length === 0) return [];
  const used = titles.flatMap((_, index) =>
    wanted === 'all' || rows.some((row) => (row[index] ?? '') !== '') ? [index] : [],
  );
  const line = (cells: readonly string[]): string =>
    `| ${used.map((index) => inCell(cells[index] ?? '')).join(' | ')} |`.replaceAll(/ +\|/g, ' |');
  return [line(titles), `| ${used.map(() => '---').join(' | ')} |`, ...rows.map(line)];
};
