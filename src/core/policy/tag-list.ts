/** Maximum number of tags listed for a repository. Longer lists are not read to the end. */
export const MOST_TAGS = 100_000;

/** Tags that hold signatures and attestations of other images. */
const ATTACHED = /^sha256-[0-9a-f]{64}/;

/** Whether a tag belongs to another image, such as `sha256-….sig`. */
export const isAttachedTag = (tag: string): boolean => ATTACHED.test(tag);
