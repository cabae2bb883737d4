import type { onRequestHookHandler } from 'fastify';
import { Problem } from '../problem/problem.ts';

/** For routes about the whole installation. Runs after the sign-in. */
export const requireNoScope: onRequestHookHandler = (request, _reply, next) => {
  if ((request.apiToken?.scope ?? null) === null) return next();
  const detail =
    'this concerns the whole installation: it needs a token without clusters and stacks';
  return next(new Problem(403, 'out-of-scope', detail));
};
