import { cutText, cutTextStart, printable, textWidth } from './cell-text.ts';

export type Paint = (text: string) => string;

/** What stands in one place of a table. The text is made harmless and cut before it is painted. */
export type Cell = string | PaintedText;
export type PaintedText = { readonly text: string; readonly paint: Paint };

export type Column = {
  readonly title: string;
  /** Narrower than this it is not made while anything else gives way; the widest column does so first. */
  readonly least?: number;
  /** Where even then not all fit, those that can be spared are left out, the lowest first. */
  readonly spare?: number;
  /** What is cut off of a text that is too long, by default its end. */
  readonly cut?: 'start' | 'end';
  /**
   * For what people copy: nothing is cut off, and a text that finds no room beside the others stands on
   * a line of its own.
   */
  readonly whole?: true;
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

/** A column that something is told in, as wide as it would be and as narrow as it may become. */
type Used = {
  readonly column: Column;
  readonly index: number;
  readonly wanted: number;
  readonly least: number;
  /** The narrowest in which any row finds room. */
  readonly shortest: number;
};

const sum = (widths: readonly number[]): number =>
  widths.reduce((total, one) => total + one, 0) + GAP.length * Math.max(0, widths.length - 1);

/** Whether they find room beside each other at their narrowest. */
const fits = (used: readonly Used[], width: number): boolean =>
  sum(used.map(({ least }) => least)) <= width;

/** Widths that fit: one by one the widest column that may still shrink does. */
const fit = (used: readonly Used[], width: number): number[] => {
  const widths = used.map(({ wanted }) => wanted);
  for (let excess = sum(widths) - width; excess > 0; excess -= 1) {
    let widest = -1;
    for (const [index, one] of widths.entries()) {
      const mayShrink = one > (used[index]?.least ?? 0);
      if (mayShrink && (widest === -1 || one > (widths[widest] ?? 0))) widest = index;
    }
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  return widths;
};

/** Without those that can be spared, as far as the others need their room. */
const spareUntilFit = (used: readonly Used[], width: number): readonly Used[] => {
  const kept = [...used];
  const sparable = used
    .filter(({ column }) => column.spare !== undefined)
    .toSorted((a, b) => (a.column.spare ?? 0) - (b.column.spare ?? 0));
  for (const one of sparable) {
    if (fits(kept, width)) break;
    kept.splice(kept.indexOf(one), 1);
  }
  return kept;
};

type Layout = { readonly used: readonly Used[]; readonly widths: readonly number[] };

const titleOf = ({ column }: Used): number => textWidth(column.title);

const wholeAs = (used: readonly Used[], change: (one: Used) => Partial<Used>): readonly Used[] =>
  used.map((one) => (one.column.whole === true ? { ...one, ...change(one) } : one));

const share = (used: readonly Used[], width: number): Layout => {
  // Before what must not be cut needs lines of its own, all that may be cut is.
  const uncut = wholeAs(used, ({ wanted }) => ({ least: wanted }));
  if (fits(uncut, width)) return { used, widths: fit(uncut, width) };
  const widths = fit(used, width);
  const isInVain = (one: Used): boolean =>
    (widths[used.indexOf(one)] ?? 0) < one.shortest && one.wanted > titleOf(one);
  if (!used.some((one) => one.column.whole === true && isInVain(one))) return { used, widths };
  // A column in which no text finds room leaves it to the others.
  const given = wholeAs(used, (one) =>
    isInVain(one) ? { wanted: titleOf(one), least: titleOf(one) } : {},
  );
  return share(given, width);
};

/** What is shown in which width. */
const layOut = (told: readonly Used[], width: number | null): Layout => {
  if (width === null) return { used: told, widths: told.map(({ wanted }) => wanted) };
  // Where not even the least of all finds room, ids leave theirs first, and then names.
  const tries = [
    told,
    wholeAs(told, (one) => (one.column.least === undefined ? { least: titleOf(one) } : {})),
    wholeAs(told, (one) => ({ least: titleOf(one) })),
  ].map((one) => spareUntilFit(one, width));
  return share(tries.find((one) => fits(one, width)) ?? tries.at(-1) ?? told, width);
};

/** A row, on one line but for what must not be cut and has no room. */
const rowLines = (
  { used, widths }: Layout,
  row: readonly Cell[],
  width: number | null,
): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  let start = 0;
  const place = (at: number, text: string, paint: Paint): void => {
    line += ' '.repeat(Math.max(0, at - textWidth(line))) + paint(text);
  };
  const endLine = (): void => {
    if (textWidth(line) > 0) lines.push(line.trimEnd());
    line = '';
  };
  for (const [position, { column }] of used.entries()) {
    const cell = row[position] ?? '';
    const room = widths[position] ?? 0;
    const text = textOf(cell);
    const taken = textWidth(text);
    if (column.whole === true && taken > room) {
      const at = Math.max(0, Math.min(start, (width ?? taken) - taken));
      if (textWidth(line) > at) endLine();
      place(at, text, paintOf(cell));
      endLine();
    } else if (text !== '') {
      place(start, (column.cut === 'start' ? cutTextStart : cutText)(text, room), paintOf(cell));
    }
    start += room + GAP.length;
  }
  endLine();
  return lines;
};

/** The lines of each row of a table, those of its titles first. */
export const tableRows = ({
  columns,
  rows,
  width,
  paintTitle,
}: TableOptions): readonly (readonly string[])[] => {
  const told = columns
    .map((column, index) => ({ column, index }))
    .filter(({ index }) => rows.some((row) => textOf(row[index] ?? '') !== ''))
    .map(({ column, index }): Used => {
      const taken = rows.map((row) => textWidth(textOf(row[index] ?? '')));
      const wanted = Math.max(textWidth(column.title), ...taken);
      const least = column.least ?? (column.whole === true ? wanted : LEAST);
      const shortest = Math.min(...taken.filter((one) => one > 0));
      return { column, index, wanted, least: Math.min(wanted, least), shortest };
    });
  const layout = layOut(told, width);
  const titles = layout.used.map(({ column }): Cell => ({ text: column.title, paint: paintTitle }));
  const cells = rows.map((row) => layout.used.map(({ index }) => row[index] ?? ''));
  return [titles, ...cells].map((row) => rowLines(layout, row, width));
};

/** The lines of a table, titles first. Columns in which no row says anything are left out. */
export const tableLines = (options: TableOptions): string[] => tableRows(options).flat();
