/** So many tags of a repository are listed; one with more is not read to its end. */
export const MOST_TAGS = 100_000;

/** The tags under which signatures and attestations are kept beside the images that they are about. */
const ATTACHED = /^sha256-[0-9a-f]{64}/;

/** Whether a tag belongs to another image, such as `sha256-….sig`. */
export const isAttachedTag = (tag: string): boolean => ATTACHED.test(tag);
