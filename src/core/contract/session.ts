/** A session ends after this time without use. */
export const SESSION_IDLE_MS = 12 * 3_600_000;
/** A session ends this long after the sign-in, even if it is in use. */
export const SESSION_LONGEST_MS = 7 * 24 * 3_600_000;

/** When a session ends unless it is used again. All times are ms since the epoch. */
export const sessionEnd = (session: {
  readonly createdAt: number;
  readonly usedAt: number;
}): number => Math.min(session.createdAt + SESSION_LONGEST_MS, session.usedAt + SESSION_IDLE_MS);
