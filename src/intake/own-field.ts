/** The object's own field, or undefined if it is inherited or missing, or if the value is not an object. */
export const ownField = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object's own field if it is a text, else null. */
export const ownText = (value: unknown, name: string): string | null => {
  const field = ownField(value, name);
  return typeof field === 'string' ? field : null;
};
