const DAY_MS = 24 * 60 * 60 * 1000;

/** How long before a token's expiry people are warned. */
export const WARNED_BEFORE_MS = 14 * DAY_MS;

/** Whether a token has expired. `expiresAt` is RFC 3339, null if it never expires. */
export const hasExpired = (expiresAt: string | null, now: number): boolean =>
  expiresAt !== null && Date.parse(expiresAt) <= now;

export const expiresSoon = (expiresAt: string | null, now: number): boolean =>
  expiresAt !== null && Date.parse(expiresAt) - now <= WARNED_BEFORE_MS;

/** For a person: "expires in 3 days", "expired on 2027-06-30". */
export const tellExpiry = (expiresAt: string, now: number): string => {
  const left = Date.parse(expiresAt) - now;
  if (left <= 0) return `expired at ${expiresAt}`;
  const days = Math.floor(left / DAY_MS);
  return days === 0 ? 'expires within a day' : `expires in ${days} day${days === 1 ? '' : 's'}`;
};
