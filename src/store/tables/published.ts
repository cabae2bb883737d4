import type { Generated } from 'kysely';

/** A registry's last answer for a tag. */
export type PublishedRow = {
  name: string;
  tag: string;
  digest: string | null;
  /** JSON array of the platform digests of the index, if they were read. */
  members: string | null;
  failure: string | null;
  detail: string | null;
  checked_at: number;
  /** Media type of the digest; null if unknown, or if an earlier version wrote it. */
  media_type: string | null;
};

/** The members of an index, for every index that any tag was ever seen with. */
export type SeenIndexRow = {
  digest: string;
  /** JSON array of platform digests. */
  members: string;
  seen_at: number;
};

/** A digest that a tag was seen with. */
export type SeenDigestRow = {
  name: string;
  tag: string;
  digest: string;
  /** Its age counts from here, even if it returns later. */
  first_seen_at: number;
  /** When the tag last moved to it. This is the order of candidates. */
  appeared_at: number;
  /** When the registry no longer had it; null while it may have it. */
  gone_at: Generated<number | null>;
};
