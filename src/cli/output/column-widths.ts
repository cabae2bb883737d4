import { textWidth } from './cell-text.ts';

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

/** Between two columns. */
export const GAP = '  ';
const LEAST = 6;

/** A column that something is told in, as wide as it would be and as narrow as it may become. */
type Used = {
  readonly column: Column;
  readonly index: number;
  readonly wanted: number;
  readonly least: number;
  /** The narrowest in which any row finds room. */
  readonly shortest: number;
};

/** A column of a table as it is shown; `index` is its place among all columns. */
export type Shown = Used & { readonly width: number };

const sum = (widths: readonly number[]): number =>
  widths.reduce((total, one) => total + one, 0) + GAP.length * Math.max(0, widths.length - 1);

/** Whether they find room beside each other at their narrowest. */
const fits = (used: readonly Used[], width: number): boolean =>
  sum(used.map(({ least }) => least)) <= width;

/** Widths that fit: one by one the widest column that may still shrink does. */
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

const titleWidth = ({ column }: Used): number => textWidth(column.title);

const wholeAs = (used: readonly Used[], change: (one: Used) => Partial<Used>): readonly Used[] =>
  used.map((one) => (one.column.whole === true ? { ...one, ...change(one) } : one));

const share = (used: readonly Used[], width: number): readonly Shown[] => {
  // Before what must not be cut needs lines of its own, all that may be cut is.
  const uncut = wholeAs(used, ({ wanted }) => ({ least: wanted }));
  if (fits(uncut, width)) return fit(uncut, width);
  const shown = fit(used, width);
  // A column in which no text finds room leaves it to the others.
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

/** The columns in which anything stands, `taken` being how wide the text of each row is in each column. */
const measure = (columns: readonly Column[], taken: readonly (readonly number[])[]): Used[] =>
  columns.flatMap((column, index) => {
    const told = (taken[index] ?? []).filter((one) => one > 0);
    if (told.length === 0) return [];
    const wanted = Math.max(textWidth(column.title), ...told);
    const least = column.least ?? (column.whole === true ? wanted : LEAST);
    return { column, index, wanted, least: Math.min(wanted, least), shortest: Math.min(...told) };
  });

/**
 * Which columns a table has, and how wide each is. `taken` tells for each column how wide the text of each
 * row is, and `width` how much room there is for all; null is as much as they want.
 */
export const layOut = (
  columns: readonly Column[],
  taken: readonly (readonly number[])[],
  width: number | null,
): readonly Shown[] => {
  const told = measure(columns, taken);
  if (width === null) return told.map((one) => ({ ...one, width: one.wanted }));
  // Where not even the least of all finds room, ids leave theirs first, and then names.
  const tries = [
    told,
    wholeAs(told, (one) => (one.column.least === undefined ? { least: titleWidth(one) } : {})),
    wholeAs(told, (one) => ({ least: titleWidth(one) })),
  ].map((one) => spareUntilFit(one, width));
  return share(tries.find((one) => fits(one, width)) ?? tries.at(-1) ?? told, width);
};
