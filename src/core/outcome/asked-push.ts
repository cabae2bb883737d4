import type { Digest } from '../image/digest.ts';

/** The image and tag in a query, as a push of them would name them. */
export type AskedPush =
  | {
      readonly kind: 'asked';
      /** Registry and repository. */
      readonly name: string;
      readonly tag: string;
      readonly digest: Digest | null;
    }
  /** `detail` is one line for a person. */
  | { readonly kind: 'malformed'; readonly detail: string }
  /** This secret cannot announce it. */
  | { readonly kind: 'not-allowed'; readonly image: string };
