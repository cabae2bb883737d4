/** One notice as a headline and lines, none of which contains a line break. */
export type Described = { readonly headline: string; readonly lines: readonly string[] };

/** Longest text from outside: image labels, errors of tasks, reasons. */
const LONGEST_FOREIGN = 300;

/** Text from outside on one line, without anything that a terminal or a chat would interpret. */
export const oneLine = (text: string): string => {
  const plain = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ').trim();
  return plain.length > LONGEST_FOREIGN ? `${plain.slice(0, LONGEST_FOREIGN - 1)}…` : plain;
};
