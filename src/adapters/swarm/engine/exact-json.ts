/** A number of 16 digits or more may be too large for a double. */
const LONG_NUMBER = /[[:,]\s*-?\d{16}/;

type Source = { readonly source?: string };
type ExactJson = {
  parse: (
    text: string,
    reviver: (key: string, value: unknown, context: Source) => unknown,
  ) => unknown;
  rawJSON: (text: string) => unknown;
};

/**
 * A lossless `JSON.parse`: an integer that is too large for a number (for example a limit of 2^64-1) keeps its
 * digits, and `JSON.stringify` writes it unchanged. A spec is written back as a whole, so unknown fields must
 * survive.
 */
export const parseExactJson = (text: string): unknown => {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  const json = JSON as unknown as ExactJson;
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
      ? json.rawJSON(source ?? String(value))
      : value,
  );
};
