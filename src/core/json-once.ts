const texts = new WeakMap<object, string>();

/**
 * The JSON of a value that does not change any more, made once however often it is written: what a run
 * found of a thousand services is some 500 KB, which the store keeps and whoever asked is sent.
 */
export const jsonOnce = (value: object): string => {
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  texts.set(value, text);
  return text;
};
