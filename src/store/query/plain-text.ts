/**
 * Converts a text to what both databases can store: PostgreSQL refuses NUL and lone surrogates. Senders of such text
 * mean no good.
 */
export const plainText = (text: string): string =>
  (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text).toWellFormed();
