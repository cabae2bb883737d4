const hasReveal = (value: object): value is { reveal: () => unknown } =>
  'reveal' in value && typeof value.reveal === 'function';

/** Every secret text in `value`, however deep: what the log takes out of all that it writes. */
export const secretsOf = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return [];
  if (hasReveal(value)) {
    const text = value.reveal();
    return typeof text === 'string' ? [text] : [];
  }
  return [...new Set(Object.values(value).flatMap(secretsOf))];
};
