import { cutText, cutTextStart, printable, textWidth } from './cell-text.ts';
import { type Column, GAP, layOut, type Shown } from './column-widths.ts';

export type Paint = (text: string) => string;

/** The content of a cell. The text is sanitised and cut before it is coloured. */
export type Cell = string | PaintedText;
export type PaintedText = { readonly text: string; readonly paint: Paint };

export type TableOptions = {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Columns of the terminal; null if there is no terminal: then nothing is cut. */
  readonly width: number | null;
  readonly paintTitle: Paint;
};

const asIs: Paint = (text) => text;
const textOf = (cell: Cell): string => printable(typeof cell === 'string' ? cell : cell.text);
const paintOf = (cell: Cell): Paint => (typeof cell === 'string' ? asIs : cell.paint);

/** A row on one line, except for uncuttable text that does not fit. */
const rowLines = (
  columns: readonly Shown[],
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
  for (const { column, index, width: room } of columns) {
    const cell = row[index] ?? '';
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

/** The lines of each row of a table, starting with its titles. */
export const tableRows = ({
  columns,
  rows,
  width,
  paintTitle,
}: TableOptions): readonly (readonly string[])[] => {
  const taken = columns.map((_, index) => rows.map((row) => textWidth(textOf(row[index] ?? ''))));
  const shown = layOut(columns, taken, width);
  const titles = columns.map(({ title }): Cell => ({ text: title, paint: paintTitle }));
  return [titles, ...rows].map((row) => rowLines(shown, row, width));
};

/** The lines of a table, titles first. Columns that are empty in every row are left out. */
export const tableLines = (options: TableOptions): string[] => tableRows(options).flat();
