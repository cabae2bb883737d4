import { z } from 'zod';

/** How many tests of a run passed, failed and were skipped. */
export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

const counts = z.object({ passed: z.number(), failed: z.number(), skipped: z.number() });

/** The counts that `text` holds as JSON; a run that left none has failed. */
export const parseCounts = (text: string | null): Counts => {
  if (text === null) return { passed: 0, failed: 1, skipped: 0 };
  return counts.parse(JSON.parse(text));
};

export const addCounts = (all: readonly Counts[]): Counts => ({
  passed: all.reduce((sum, one) => sum + one.passed, 0),
  failed: all.reduce((sum, one) => sum + one.failed, 0),
  skipped: all.reduce((sum, one) => sum + one.skipped, 0),
});

export const countsLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
