/**
 * A helper that is started again and again, because it crashes or its host does, asks the registries the
 * same thing by itself at most this often.
 */
export const AT_MOST_EVERY_MS = 10 * 60_000;
