/** The value that a share `q` (0 to 1) of the samples does not exceed. Throws if there are no samples. */
export const quantile = (samples: readonly number[], q: number): number => {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.min(Math.floor(sorted.length * q), sorted.length - 1)];
  if (value === undefined) throw new Error('there are no samples');
  return value;
};

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);
