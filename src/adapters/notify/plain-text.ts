/** Control characters, and characters that are invisible or change the direction of text. Line ends and tabs stay. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Text from outside, such as a task's error or an image's label, without characters that can deceive a reader. */
export const plainText = (text: string): string => text.replace(UNSEEN, '');

/** The same for every text in a value. */
export const plainTexts = <T>(value: T): T => {
  if (typeof value === 'string') return plainText(value) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => plainTexts(one)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, plainTexts<unknown>(one)]);
  return Object.fromEntries(entries) as T;
};
