/** One notice in plain lines, none of which breaks. */
export type Described = { readonly headline: string; readonly lines: readonly string[] };

/** What others wrote is cut here: image labels, errors of tasks, reasons. */
const LONGEST_FOREIGN = 300;

/** Text of others on one line, without what a terminal or a chat would obey. */
export const oneLine = (text: string): string => {
  const plain = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ').trim();
  return plain.length > LONGEST_FOREIGN ? `${plain.slice(0, LONGEST_FOREIGN - 1)}…` : plain;
};
