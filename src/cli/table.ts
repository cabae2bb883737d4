import { cutText, printable, textWidth } from './cell-text.ts';

export type Paint = (text: string) => string;

/** What stands in one place of a table. The text is made harmless and cut before it is painted. */
export type Cell = string | PaintedText;
export type PaintedText = { readonly text: string; readonly paint: Paint };

export type Column = {
  readonly title: string;
  /** Narrower than this it is never made; the widest column gives way first. */
  readonly least?: number;
};

export type TableOptions = {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Columns of the terminal; null where there is none: then nothing is cut. */
  readonly width: number | null;
  readonly paintTitle: Paint;
};

const GAP = '  ';
const LEAST = 6;

const asIs: Paint = (text) => text;
const textOf = (cell: Cell): string => printable(typeof cell === 'string' ? cell : cell.text);
const paintOf = (cell: Cell): Paint => (typeof cell === 'string' ? asIs : cell.paint);

/** Widths that fit: one by one the widest column that may still shrink does. */
const fit = (wanted: readonly number[], least: readonly number[], width: number): number[] => {
  const widths = [...wanted];
  let excess = widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1) - width;
  while (excess > 0) {
    let widest = -1;
    for (const [index, one] of widths.entries()) {
      const mayShrink = one > (least[index] ?? LEAST);
      if (mayShrink && (widest === -1 || one > (widths[widest] ?? 0))) widest = index;
    }
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 1) - 1;
    excess -= 1;
  }
  return widths;
};

/** The lines of a table, titles first. Columns in which no row says anything are left out. */
export const tableLines = ({ columns, rows, width, paintTitle }: TableOptions): string[] => {
  const used = columns
    .map((column, index) => ({ column, index }))
    .filter(({ index }) => rows.some((row) => textOf(row[index] ?? '') !== ''));
  const lines: readonly (readonly Cell[])[] = [
    used.map(({ column }) => ({ text: column.title, paint: paintTitle })),
    ...rows.map((row) => used.map(({ index }) => row[index] ?? '')),
  ];
  const wanted = used.map((_, place) =>
    Math.max(...lines.map((line) => textWidth(textOf(line[place] ?? '')))),
  );
  const least = used.map(({ column }) => column.least ?? LEAST);
  const widths = width === null ? wanted : fit(wanted, least, width);
  return lines.map((line) =>
    line
      .map((cell, place) => {
        const text = cutText(textOf(cell), widths[place] ?? 0);
        const isLast = place === line.length - 1;
        const padding = isLast ? '' : ' '.repeat((widths[place] ?? 0) - textWidth(text));
        return `${paintOf(cell)(text)}${padding}`;
      })
      .join(GAP)
      .trimEnd(),
  );
};
