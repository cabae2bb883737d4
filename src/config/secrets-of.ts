const hasReveal = (value: object): value is { reveal: () => unknown } =>
  'reveal' in value && typeof value.reveal === 'function';

/** Every secret text in `value`, at any depth. The log removes them from everything that it writes. */
export const secretsOf = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return [];
  if (hasReveal(value)) {
    const text = value.reveal();
    return typeof text === 'string' ? [text] : [];
  }
  return [...new Set(Object.values(value).flatMap(secretsOf))];
};
