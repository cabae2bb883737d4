/** A number of 16 digits or more outside of what a double is sure to hold. */
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
 * `JSON.parse` that loses nothing: an integer too large for a number (a limit of 2^64-1, say) is kept
 * in its own digits, and `JSON.stringify` writes it as it was. A spec is written back whole, so what
 * we do not understand must come through unchanged.
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
