/**
 * Least time between two automatic requests for the same thing, for a helper that restarts again and again because it
 * or its host crashes.
 */
export const AT_MOST_EVERY_MS = 10 * 60_000;
