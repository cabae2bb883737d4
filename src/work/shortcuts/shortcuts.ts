/** Which shortcuts are on. None changes a result: they only save time or requests. */
export type Shortcuts = {
  /** See `createKnownServices`. */
  readonly knownServices: boolean;
  /** See `createSeenDigests`. */
  readonly seenDigests: boolean;
  /** See `createRecentList`. */
  readonly recentList: boolean;
};

export const ALL_SHORTCUTS: Shortcuts = {
  knownServices: true,
  seenDigests: true,
  recentList: true,
};
