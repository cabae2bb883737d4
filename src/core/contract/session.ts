/** A session that nobody used for this long has ended. */
export const SESSION_IDLE_MS = 12 * 3_600_000;
/** However much it is used, a session ends this long after the sign-in. */
export const SESSION_LONGEST_MS = 7 * 24 * 3_600_000;

/** When a session ends unless it is used once more; all times are ms since the epoch. */
export const sessionEnd = (session: {
  readonly createdAt: number;
  readonly usedAt: number;
}): number => Math.min(session.createdAt + SESSION_LONGEST_MS, session.usedAt + SESSION_IDLE_MS);
