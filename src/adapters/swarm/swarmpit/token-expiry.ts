import { z } from 'zod';

/** The largest that a date can be, in seconds since the epoch. */
const LATEST = 8_640_000_000_000;
const claims = z.object({ exp: z.number().min(0).max(LATEST) });

/**
 * When one of Swarmpit's tokens expires, as it says itself; null for one that does not, or that is no JWT.
 * Nothing is verified: only a warning depends on it.
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
