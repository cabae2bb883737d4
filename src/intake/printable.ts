/** As much of a sender's text as is shown back or kept. */
const LONGEST_SHOWN = 200;

/**
 * `text` as it may stand in a log line, an answer and a page: bounded, without control and
 * formatting characters (line breaks, escape codes, changes of writing direction).
 */
export const printable = (text: string): string =>
  text
    .slice(0, LONGEST_SHOWN)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '');
