import type { IncomingDelivery } from '../core/contract/delivery.ts';

/** The header's value, or null if it is missing. If it is repeated, the first value. */
export const header = (delivery: IncomingDelivery, name: string): string | null => {
  const value = delivery.headers[name];
  return typeof value === 'string' ? value : (value?.[0] ?? null);
};

/** The content type in lower case, without its parameters. Empty if there is none. */
export const mediaType = (delivery: IncomingDelivery): string =>
  (header(delivery, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
