import type { FastifyInstance } from 'fastify';

/** For whatever is shown: as what it is, to nobody's page but ours, and telling no other where it was. */
const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** For answers that are data: opened as a page, they can do nothing. */
export const DATA_HEADERS: Readonly<Record<string, string>> = {
  ...ALWAYS,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** For the dashboard: only its own files run, it talks to us alone, and no other page holds it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  ...ALWAYS,
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  // For browsers that are older than frame-ancestors.
  'x-frame-options': 'DENY',
};

/** Sends the headers with every answer of `app`, refusals too. */
export const addHeaders = (
  app: FastifyInstance,
  headers: Readonly<Record<string, string>>,
): void => {
  app.addHook('onRequest', (_request, reply, next) => {
    reply.headers(headers);
    next();
  });
};
