import { cutText, cutTextStart, printable, textWidth } from './cell-text.ts';

export type Paint = (text: string) => string;

/** What stands in one place of a table. The text is made harmless and cut before it is painted. */
export type Cell = string | PaintedText;
export type PaintedText = { readonly text: string; readonly paint: Paint };

export type Column = {
  readonly title: string;
  /** Narrower than this it is never made; the widest column gives way first. */
  readonly least?: number;
  /** Where even then not all fit, those that can be spared are left out, the lowest first. */
  readonly spare?: number;
  /** What is cut off of a text that is too long, by default its end. */
  readonly cut?: 'start' | 'end';
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

type Used = { readonly column: Column; readonly index: number; readonly wanted: number };

/** Those that fit beside each other at their narrowest. */
const spareUntilFit = (used: readonly Used[], width: number): readonly Used[] => {
  const kept = [...used];
  const narrowest = (): number =>
    kept.reduce((sum, { column, wanted }) => sum + Math.min(wanted, column.least ?? LEAST), 0) +
    GAP.length * (kept.length - 1);
  const sparable = used
    .filter(({ column }) => column.spare !== undefined)
    .toSorted((a, b) => (a.column.spare ?? 0) - (b.column.spare ?? 0));
  for (const one of sparable) {
    if (narrowest() <= width) break;
    kept.splice(kept.indexOf(one), 1);
  }
  return kept;
};

/** The lines of a table, titles first. Columns in which no row says anything are left out. */
export const tableLines = ({ columns, rows, width, paintTitle }: TableOptions): string[] => {
  const told = columns
    .map((column, index) => ({ column, index }))
    .filter(({ index }) => rows.some((row) => textOf(row[index] ?? '') !== ''))
    .map(({ column, index }): Used => {
      const texts = [column.title, ...rows.map((row) => textOf(row[index] ?? ''))];
      return { column, index, wanted: Math.max(...texts.map(textWidth)) };
    });
  const used = width === null ? told : spareUntilFit(told, width);
  const lines: readonly (readonly Cell[])[] = [
    used.map(({ column }) => ({ text: column.title, paint: paintTitle })),
    ...rows.map((row) => used.map(({ index }) => row[index] ?? '')),
  ];
  const wanted = used.map((one) => one.wanted);
  const least = used.map(({ column }) => column.least ?? LEAST);
  const widths = width === null ? wanted : fit(wanted, least, width);
  return lines.map((line) =>
    line
      .map((cell, place) => {
        const cut = used[place]?.column.cut === 'start' ? cutTextStart : cutText;
        const text = cut(textOf(cell), widths[place] ?? 0);
        const isLast = place === line.length - 1;
        const padding = isLast ? '' : ' '.repeat((widths[place] ?? 0) - textWidth(text));
        return `${paintOf(cell)(text)}${padding}`;
      })
      .join(GAP)
      .trimEnd(),
  );
};
