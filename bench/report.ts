/** One measurement, compared with a bare floor in the same run. */
export type Figure = {
  readonly what: string;
  readonly unit: 'ms' | 'MB' | '/s' | '';
  /** Null if there is nothing bare to compare with. */
  readonly floor: number | null;
  readonly helper: number;
  /** The cost of the helper as a multiple of the floor; null without a floor. */
  readonly ratio: number | null;
  /** The largest acceptable ratio; null if there is no goal. */
  readonly goal: number | null;
};

export type Report = {
  readonly benchmark: string;
  readonly figures: readonly Figure[];
  /** Parameters and counts of the run, for information only. */
  readonly facts: Readonly<Record<string, number | string>>;
};

/** Input of {@link figure}, which derives `ratio`. */
export type Measured = {
  readonly what: string;
  readonly unit: Figure['unit'];
  readonly floor?: number;
  readonly helper: number;
  readonly goal?: number;
};

export const figure = ({ what, unit, floor, helper, goal }: Measured): Figure => ({
  what,
  unit,
  floor: floor ?? null,
  helper,
  // For a rate per second, more is better.
  ratio: floor === undefined ? null : unit === '/s' ? floor / helper : helper / floor,
  goal: goal ?? null,
});

/** Whether a figure meets its goal; null if it has none. */
const keepsGoal = ({ ratio, goal }: Figure): boolean | null =>
  ratio === null || goal === null ? null : ratio <= goal;

const show = (value: number | null, unit: string): string => {
  if (value === null) return '–';
  const digits =
    Number.isInteger(value) || value >= 1000 ? 0 : value >= 100 ? 1 : value >= 1 ? 2 : 3;
  return `${value.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;
};

const HEAD = ['measured', 'floor', 'helper', 'ratio', 'goal', ''];

const rowOf = (one: Figure): string[] => {
  const kept = keepsGoal(one);
  return [
    one.what,
    show(one.floor, one.unit),
    show(one.helper, one.unit),
    one.ratio === null ? '–' : `${one.ratio.toFixed(2)}×`,
    one.goal === null ? '–' : `≤ ${one.goal}×`,
    kept === null ? '' : kept ? 'kept' : 'MISSED',
  ];
};

/** A table for people, with the facts below it. */
export const tableOf = (report: Report): string => {
  const rows = [HEAD, ...report.figures.map(rowOf)];
  const widths = HEAD.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  const facts = Object.entries(report.facts).map(
    ([name, value]) => `  ${name}: ${typeof value === 'number' ? show(value, '') : value}`,
  );
  return [report.benchmark, ...lines, ...facts, ''].join('\n');
};
