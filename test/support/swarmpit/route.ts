import type { IncomingMessage } from 'node:http';
import { NO_ROUTE, ok, type SwarmpitAnswer } from './answer.ts';
import type { Answers } from './answers.ts';
import { refused, type Tokens } from './sign-in.ts';

export type RouteOptions = {
  readonly answers: Answers;
  readonly tokens: Tokens;
  readonly hasViewers: boolean;
  /** Whether `GET /api/services/{id}` is allowed. A proxy may know only some paths. */
  readonly tellsOne: boolean;
  /** Whether the routes of tasks, nodes and logs are allowed. */
  readonly tellsTasks: boolean;
  readonly tellsVersion: boolean;
};

export type SwarmpitRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
};

type Act = () => Promise<SwarmpitAnswer>;

/** The action for a request; null if the router does not know the path. */
const actOf = (options: RouteOptions, { method, path, query }: SwarmpitRequest): Act | null => {
  const { answers, tokens, tellsTasks } = options;
  const [, api, collection, id, act, ...rest] = path.split('/');
  if (api !== 'api' || rest.length > 0) return null;
  const route = `${method} ${collection ?? ''}${id === undefined ? '' : '/:id'}${act === undefined ? '' : `/${act}`}`;
  const of =
    (take: (given: string) => Promise<SwarmpitAnswer>): Act =>
    () =>
      take(id ?? '');
  switch (route) {
    case 'GET services':
      return answers.services;
    case 'GET services/:id':
      return options.tellsOne ? of(answers.service) : null;
    case 'GET services/:id/tasks':
      return tellsTasks ? of(answers.tasks) : null;
    case 'GET services/:id/logs': {
      const since = query.get('since');
      // Required: without it, the request does not match the route's schema.
      if (since === null)
        return async () => ({ status: 400, body: { in: ['request', 'query-params'] } });
      return tellsTasks ? of((given) => answers.log(given, since)) : null;
    }
    case 'GET tasks':
      return tellsTasks ? () => answers.tasks(null) : null;
    case 'GET nodes':
      return tellsTasks ? answers.nodes : null;
    case 'POST services/:id/redeploy':
      return of((given) => answers.redeploy(given, query.get('tag')));
    case 'POST services/:id/rollback':
      return of(answers.rollback);
    case 'POST api-token':
      return async () => ok({ token: tokens.issueApiToken() });
    default:
      return null;
  }
};

/** Checks the path first, then who asks, then the permission, like Swarmpit's router and its two sign-in layers. */
export const route = async (
  options: RouteOptions,
  asked: SwarmpitRequest,
): Promise<SwarmpitAnswer> => {
  const { method, path, request } = asked;
  const { answers, tokens, hasViewers } = options;
  if (method === 'GET' && path === '/version' && options.tellsVersion) return answers.version();
  if (method === 'POST' && path === '/login') return tokens.login(request);
  const act = actOf(options, asked);
  if (act === null) return NO_ROUTE;
  const role = tokens.check(request);
  if (typeof role !== 'string') return role;
  if (method === 'POST' && role === 'viewer' && hasViewers) {
    return refused(403, 'Unauthorized user access');
  }
  return act();
};
