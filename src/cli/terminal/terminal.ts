/** Where text goes, and what is there to show it. `process.stdout` is one. */
export type Terminal = {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

/** Narrower ones are not laid out for. */
const NARROWEST = 40;
const USUAL_WIDTH = 100;

/** Columns to lay out for; null where no terminal cuts lines. */
export const widthOf = (terminal: Terminal): number | null =>
  terminal.isTTY === true ? Math.max(terminal.columns ?? USUAL_WIDTH, NARROWEST) : null;
