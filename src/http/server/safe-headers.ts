import type { FastifyInstance } from 'fastify';

/** For every answer: no content sniffing, no use by other sites' pages, and no referrer for them. */
const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** For answers that are data: if a browser opens one as a page, it can do nothing. */
export const DATA_HEADERS: Readonly<Record<string, string>> = {
  ...ALWAYS,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** For the dashboard: only its own files run, it connects only to the helper, and no other page can embed it. */
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
  // For browsers without support for frame-ancestors.
  'x-frame-options': 'DENY',
};

/** Sends the headers with every answer of `app`, including refusals. */
export const addHeaders = (
  app: FastifyInstance,
  headers: Readonly<Record<string, string>>,
): void => {
  app.addHook('onRequest', (_request, reply, next) => {
    reply.headers(headers);
    next();
  });
};
