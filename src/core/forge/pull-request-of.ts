const PULL_REQUEST = /^(?:pr|mr)-([1-9]\d{0,8})(?:$|[-_.])/;

/**
 * Number of the pull request that a tag was built for: `pr-177`, `pr-177-982c388` (`mr-…` for merge requests). Null for
 * every other tag. Read from the tag, because asking the forge would need one more permission.
 */
export const pullRequestOf = (tag: string): number | null => {
  const number = PULL_REQUEST.exec(tag)?.[1];
  return number === undefined ? null : Number(number);
};
