import { textWidth } from './cell-text.ts';

export type Column = {
  readonly title: string;
  /** The column does not get narrower than this while others can still shrink. The widest shrinks first. */
  readonly least?: number;
  /** If the columns still do not fit, those with this are dropped, lowest first. */
  readonly spare?: number;
  /** The end that is cut from a text that is too long. Default: its end. */
  readonly cut?: 'start' | 'end';
  /** For text that people copy: it is never cut. If it does not fit next to the others, it gets a line of its own. */
  readonly whole?: true;
};

/** Space between two columns. */
export const GAP = '  ';
const LEAST = 6;

/** A column with content, with its preferred and minimum width. */
type Used = {
  readonly column: Column;
  readonly index: number;
  readonly wanted: number;
  readonly least: number;
  /** The smallest width at which at least one row fits. */
  readonly shortest: number;
};

/** A column of a table as it is shown. `index` is its position among all columns. */
export type Shown = Used & { readonly width: number };

const sum = (widths: readonly number[]): number =>
  widths.reduce((total, one) => total + one, 0) + GAP.length * Math.max(0, widths.length - 1);

/** Whether the columns fit side by side at their minimum width. */
const fits = (used: readonly Used[], width: number): boolean =>
  sum(used.map(({ least }) => least)) <= width;

/** Widths that fit: the widest column that can still shrink shrinks by one, repeatedly. */
const fit = (used: readonly Used[], width: number): readonly Shown[] => {
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
  return used.map((one, index) => ({ ...one, width: widths[index] ?? 0 }));
};

/** Drops columns that can be spared until the others fit. */
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

const titleWidth = ({ column }: Used): number => textWidth(column.title);

const wholeAs = (used: readonly Used[], change: (one: Used) => Partial<Used>): readonly Used[] =>
  used.map((one) => (one.column.whole === true ? { ...one, ...change(one) } : one));

const share = (used: readonly Used[], width: number): readonly Shown[] => {
  // First cut everything that may be cut, before uncuttable text gets lines of its own.
  const uncut = wholeAs(used, ({ wanted }) => ({ least: wanted }));
  if (fits(uncut, width)) return fit(uncut, width);
  const shown = fit(used, width);
  // A column in which no text fits gives its space to the others.
  const inVain = shown
    .filter((one) => one.column.whole === true && one.width < one.shortest)
    .filter((one) => one.wanted > titleWidth(one))
    .map(({ column }) => column);
  if (inVain.length === 0) return shown;
  const given = wholeAs(used, (one) =>
    inVain.includes(one.column) ? { wanted: titleWidth(one), least: titleWidth(one) } : {},
  );
  return share(given, width);
};

/** The columns with content. `taken` is the text width of each row in each column. */
const measure = (columns: readonly Column[], taken: readonly (readonly number[])[]): Used[] =>
  columns.flatMap((column, index) => {
    const told = (taken[index] ?? []).filter((one) => one > 0);
    if (told.length === 0) return [];
    const wanted = Math.max(textWidth(column.title), ...told);
    const least = column.least ?? (column.whole === true ? wanted : LEAST);
    return { column, index, wanted, least: Math.min(wanted, least), shortest: Math.min(...told) };
  });

/**
 * The columns of a table and their widths. `taken` is the text width of each row, for each column. `width` is the
 * total space; null: unlimited.
 */
export const layOut = (
  columns: readonly Column[],
  taken: readonly (readonly number[])[],
  width: number | null,
): readonly Shown[] => {
  const told = measure(columns, taken);
  if (width === null) return told.map((one) => ({ ...one, width: one.wanted }));
  // If even the minimum widths do not fit, ids move to lines of their own first, then names.
  const tries = [
    told,
    wholeAs(told, (one) => (one.column.least === undefined ? { least: titleWidth(one) } : {})),
    wholeAs(told, (one) => ({ least: titleWidth(one) })),
  ].map((one) => spareUntilFit(one, width));
  return share(tries.find((one) => fits(one, width)) ?? tries.at(-1) ?? told, width);
};
