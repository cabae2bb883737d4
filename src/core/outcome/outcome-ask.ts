import type { Digest } from '../image/digest.ts';

/** A query without a digest finds a push of up to this age. If there is none, it waits for the next. */
export const ASKED_BACK_MS = 15 * 60_000;

/** Which push a query is about. Times are ms since the epoch. */
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
