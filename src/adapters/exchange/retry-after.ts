/** The longest pause that another server can impose on us. */
export const LONGEST_RETRY_AFTER_MS = 60 * 60 * 1000;

const HTTP_DATE = /^[A-Z][a-z]{2,8},? \d{2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * How long a `Retry-After` asks to wait, in ms from `now`, or null if it cannot be understood. Accepts seconds, with
 * a fraction as chat services send them, and dates
 * ({@link https://www.rfc-editor.org/rfc/rfc9110#field.retry-after RFC 9110}). The result lies between 0 and
 * {@link LONGEST_RETRY_AFTER_MS}.
 */
export const parseRetryAfter = (text: string | null, now: number): number | null => {
  const trimmed = text?.trim() ?? '';
  const wanted = /^\d{1,15}(?:\.\d{1,9})?$/.test(trimmed)
    ? Math.ceil(Number(trimmed) * 1000)
    : HTTP_DATE.test(trimmed)
      ? Date.parse(trimmed) - now
      : Number.NaN;
  return Number.isNaN(wanted) ? null : Math.min(Math.max(wanted, 0), LONGEST_RETRY_AFTER_MS);
};
