/** Control characters, and those that are invisible or change the direction of text. */
const HIDDEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const CONTROL_PICTURES = 0x2400;

const picture = (sign: string): string => {
  const code = sign.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(CONTROL_PICTURES + code);
  if (code === 0x7f) return '␡';
  return `⟨${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
};

/**
 * Text from outside (tags, names, log lines) with visible symbols for characters that would hide or rearrange it.
 * Tabs stay, because they lay out the text.
 */
export const visibleText = (text: string): string =>
  text.replace(HIDDEN, (sign) => (sign === '\t' ? sign : picture(sign)));
