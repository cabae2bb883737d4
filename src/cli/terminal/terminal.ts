/** Where text is written, and whether it is a terminal. `process.stdout` is one. */
export type Terminal = {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

/** The layout does not support narrower ones. */
const NARROWEST = 40;
const USUAL_WIDTH = 100;

/** Columns of the layout; null if no terminal cuts lines. */
export const widthOf = (terminal: Terminal): number | null =>
  terminal.isTTY === true ? Math.max(terminal.columns ?? USUAL_WIDTH, NARROWEST) : null;
