import colours from 'picocolors';

/** Writes the demo's story to the terminal, one line per event. */
export type Account = {
  readonly title: (text: string) => void;
  readonly banner: (text: string) => void;
  /** Something that has no time, or whose time does not matter. */
  readonly note: (what: string, detail: string) => void;
  /** Something that happened `ms` after the push. */
  readonly event: (ms: number, what: string, detail: string, mood?: 'well' | 'badly') => void;
  readonly plain: (text?: string) => void;
};

const TIME_WIDTH = 10;
const WHAT_WIDTH = 18;

export const createAccount = (write: (line: string) => void): Account => {
  const line = (time: string, what: string, detail: string) =>
    write(`${colours.dim(time.padStart(TIME_WIDTH))}  ${what.padEnd(WHAT_WIDTH)}  ${detail}`);
  return {
    title: (text) => write(`\n${colours.bold(text)}`),
    banner: (text) => {
      const edge = '#'.repeat(text.length + 8);
      for (const row of [edge, `### ${text} ###`, edge]) write(colours.bold(colours.yellow(row)));
    },
    note: (what, detail) => line('', what, detail),
    event: (ms, what, detail, mood) => {
      const colour = { well: colours.green, badly: colours.red, plain: String }[mood ?? 'plain'];
      line(`+${(ms / 1000).toFixed(3)} s`, what, colour(detail));
    },
    plain: (text = '') => write(text),
  };
};
