import type { IncomingDelivery } from '../core/contract/delivery.ts';

/** The header's value, or null where it is missing; of repeated ones the first. */
export const header = (delivery: IncomingDelivery, name: string): string | null => {
  const value = delivery.headers[name];
  return typeof value === 'string' ? value : (value?.[0] ?? null);
};

/** The content type in lower case, without its parameters; empty where there is none. */
export const mediaType = (delivery: IncomingDelivery): string =>
  (header(delivery, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
