import { z } from 'zod';

/**
 * How many tests of a run passed and were skipped, and the name of each failed test with the first line of its error.
 */
export type Counts = {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly string[];
};

const counts = z.object({
  passed: z.number(),
  skipped: z.number(),
  failures: z.array(z.string()),
});

/** The counts in the JSON of `text`. A run that left no counts has failed. */
export const parseCounts = (text: string | null): Counts => {
  if (text === null) return { passed: 0, skipped: 0, failures: ['the run ended without counts'] };
  return counts.parse(JSON.parse(text));
};

export const addCounts = (all: readonly Counts[]): Counts => ({
  passed: all.reduce((sum, one) => sum + one.passed, 0),
  skipped: all.reduce((sum, one) => sum + one.skipped, 0),
  failures: all.flatMap(({ failures }) => failures),
});

export const countsLine = ({ passed, failures, skipped }: Counts): string =>
  `${passed} passed, ${failures.length} failed, ${skipped} skipped`;
