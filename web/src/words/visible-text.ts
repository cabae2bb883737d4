/** Control characters, and those that turn the direction of text or take no room. */
const HIDDEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const CONTROL_PICTURES = 0x2400;

const picture = (sign: string): string => {
  const code = sign.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(CONTROL_PICTURES + code);
  if (code === 0x7f) return '␡';
  return `⟨${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
};

/**
 * What others wrote (tags, names, lines of a log) with everything made visible that would otherwise hide
 * or rearrange it. Tabs stay, where the text is shown as it was laid out.
 */
export const visibleText = (text: string): string =>
  text.replace(HIDDEN, (sign) => (sign === '\t' ? sign : picture(sign)));
