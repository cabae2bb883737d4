import type { Digest } from '../../core/image/digest.ts';
import type { Lookup } from '../../core/image/published.ts';

/** A registry's answer for a tag, to be recorded. */
export type NewLookup = {
  /** Registry and repository. */
  readonly name: string;
  readonly tag: string;
  readonly lookup: Lookup;
  /** The platform manifests of the published digest; null if they were not read. */
  readonly members: readonly Digest[] | null;
  /** When the registry was asked, ms since the epoch. */
  readonly askedAt: number;
};
