import type { Question } from './follow.ts';

/**
 * A question about the registry itself. With credentials, it shows whether they are good, whatever they give access
 * to.
 */
export const SELF: Question = {
  method: 'GET',
  path: '/v2/',
  repository: null,
  headers: {},
  maxBytes: 64 * 1024,
};
