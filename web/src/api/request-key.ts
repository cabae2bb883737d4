/** A new `Idempotency-Key`. `crypto.randomUUID` does not exist on a page without TLS. */
export const newRequestKey = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
};
