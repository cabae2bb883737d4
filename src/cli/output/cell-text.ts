import { stripVTControlCharacters } from 'node:util';

/** Scripts with characters of two columns, and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
/** Characters without a width of their own. */
const NARROW = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

const signs = new Intl.Segmenter('en', { granularity: 'grapheme' });

const signWidth = (sign: string): number => (NARROW.test(sign) ? 0 : WIDE.test(sign) ? 2 : 1);

/** Columns that a text takes on a terminal. Escape sequences take none. */
export const textWidth = (text: string): number => {
  const plain = stripVTControlCharacters(text);
  // Fast path: most texts are plain ASCII.
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const { segment } of signs.segment(plain)) width += signWidth(segment);
  return width;
};

/** Cuts the text to `width` columns; `…` marks the cut. Not for text with colours. */
export const cutText = (text: string, width: number): string => {
  if (textWidth(text) <= width) return text;
  if (width <= 0) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of signs.segment(text)) {
    used += signWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
};

/** The same, but keeps the end of the text instead of the beginning. */
export const cutTextStart = (text: string, width: number): string => {
  if (textWidth(text) <= width) return text;
  if (width <= 0) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of [...signs.segment(text)].toReversed()) {
    used += signWidth(segment);
    if (used > width - 1) break;
    kept = segment + kept;
  }
  return `…${kept}`;
};

/** Text from a server on one line, without anything that a terminal would interpret. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text).replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ');
