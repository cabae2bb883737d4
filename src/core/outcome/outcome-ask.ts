import type { Digest } from '../image/digest.ts';

/** A push without a digest is looked for so far back, and the next one is waited for otherwise. */
export const ASKED_BACK_MS = 15 * 60_000;

/** Which push is meant. Times are ms since the epoch. */
export type OutcomeAsk =
  | { readonly by: 'delivery'; readonly delivery: string }
  | {
      readonly by: 'image';
      /** Registry and repository. */
      readonly name: string;
      readonly tag: string;
      /** Null: the newest push. */
      readonly digest: Digest | null;
      readonly since: number;
    };
