import { z } from 'zod';

/** The latest possible date, in seconds since the epoch. */
const LATEST = 8_640_000_000_000;
const claims = z.object({ exp: z.number().min(0).max(LATEST) });

/**
 * When a Swarmpit token expires, by its own claim; null if it does not expire or is not a JWT. Nothing is verified:
 * only a warning depends on it.
 */
export const tokenExpiry = (token: string): Date | null => {
  try {
    const body = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    const read = claims.safeParse(JSON.parse(body));
    return read.success ? new Date(read.data.exp * 1000) : null;
  } catch {
    return null;
  }
};
