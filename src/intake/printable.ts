/** Maximum length of a sender's text that is shown or stored. */
const LONGEST_SHOWN = 200;

/**
 * Makes `text` safe for a log line, an answer and a page: shortened, without control and formatting characters (line
 * breaks, escape codes, changes of writing direction).
 */
export const printable = (text: string): string =>
  text
    .slice(0, LONGEST_SHOWN)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '');
