import type { FastifyInstance, HTTPMethods } from 'fastify';
import { Problem } from '../problem/problem.ts';

const METHODS: readonly HTTPMethods[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
];

/**
 * Answers 405, with `Allow`, for the unsupported methods of every existing address. Call it before the routes are
 * added, and the function that it returns after them.
 */
export const refuseOtherMethods = (app: FastifyInstance): (() => void) => {
  const taken = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = taken.get(url) ?? new Set<string>();
    for (const one of [method].flat()) methods.add(one);
    taken.set(url, methods);
  });
  return () => {
    for (const [url, methods] of taken) {
      const others = METHODS.filter((method) => !methods.has(method));
      if (others.length === 0) continue;
      const allow = [...methods].join(', ');
      app.route({
        url,
        method: others,
        exposeHeadRoute: false,
        schema: { hide: true },
        onRequest: () => {
          throw new Problem(405, 'method-not-allowed', `this address takes ${allow}`, {
            headers: { allow },
          });
        },
        handler: () => undefined,
      });
    }
  };
};
