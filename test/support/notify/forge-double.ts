import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPublicKey } from 'node:crypto';
import { jwtVerify } from 'jose';

export type DoubleDeployment = {
  readonly id: number;
  readonly repository: string;
  readonly sha: string;
  readonly environment: string;
  readonly ref: string;
  readonly payload: unknown;
  readonly transient: boolean;
  /** Statuses in order of arrival. */
  readonly states: string[];
  readonly bodies: Readonly<Record<string, unknown>>[];
};

export type DoubleStatus = {
  readonly repository: string;
  readonly sha: string;
  readonly context: string;
  readonly state: string;
  readonly body: Readonly<Record<string, unknown>>;
};

/** What happens to the next requests before they are processed. */
export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  /** Carries out the request, then breaks the connection instead of answering. */
  | 'lose-answer';

export type ForgeDouble = {
  /** The address that people open. */
  readonly url: string;
  readonly deployments: DoubleDeployment[];
  readonly statuses: DoubleStatus[];
  /** `METHOD path` of every request. */
  readonly requests: string[];
  readonly environments: Map<string, string>;
  /** The next request takes the first of these. */
  readonly faults: Fault[];
  /** Repositories that the credentials can see. Any other returns 404. */
  readonly repositories: Set<string>;
  /** Known commits; null for any. */
  commits: Set<string> | null;
  /** Called with each reported state, before the answer. */
  onState: (told: {
    readonly repository: string;
    readonly sha: string;
    readonly environment: string;
    readonly state: string;
  }) => void;
  /** Expires all installation tokens issued so far. */
  readonly expireTokens: () => void;
  readonly close: () => Promise<void>;
};

type Answer = { status: number; body?: unknown; headers?: Record<string, string> };
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

type Body = Readonly<Record<string, unknown>>;

const GITHUB_STATES = [
  'queued',
  'in_progress',
  'success',
  'failure',
  'error',
  'inactive',
  'pending',
];
const GITLAB_STATES = ['created', 'running', 'success', 'failed', 'canceled'];
const STATUS_STATES = ['pending', 'success', 'failure', 'error', 'warning'];
const GITLAB_STATUS_STATES = ['pending', 'running', 'success', 'failed', 'canceled', 'skipped'];

/** A strict double of the APIs of GitHub (an Enterprise Server), GitLab and Gitea, according to their documentation. */
export const startForgeDouble = async (
  type: 'github' | 'gitlab' | 'gitea',
  options: { readonly token?: string; readonly app?: { id: number; publicKey: string } } = {},
): Promise<ForgeDouble> => {
  const deployments: DoubleDeployment[] = [];
  const statuses: DoubleStatus[] = [];
  const environments = new Map<string, string>();
  const faults: Fault[] = [];
  const requests: string[] = [];
  const repositories = new Set(['acme/web']);
  let tokens = new Set<string>(options.token === undefined ? [] : [options.token]);
  let given = 0;
  let under = 0;

  const known = (repository: string): boolean => repositories.has(repository);
  const knowsCommit = (sha: string): boolean => double.commits === null || double.commits.has(sha);
  const refuse = (status: number, message: string): Answer => ({ status, body: { message } });

  const createDeployment = (repository: string, body: Body): Answer => {
    if (type === 'github') {
      // Unless told not to, GitHub merges, or refuses while checks fail.
      if (body['auto_merge'] !== false) return { status: 202, body: { message: 'Auto-merged' } };
      if (JSON.stringify(body['required_contexts']) !== '[]') {
        return refuse(409, 'Conflict: Commit status checks failed');
      }
      const description = textOf(body['description']);
      if (description.length > 140) return refuse(422, 'description is too long');
    } else if (typeof body['ref'] !== 'string' || typeof body['tag'] !== 'boolean') {
      return refuse(400, 'ref and tag are missing');
    } else if (!GITLAB_STATES.includes(textOf(body['status']))) {
      return refuse(400, 'status does not have a valid value');
    }
    const sha = textOf(type === 'github' ? body['ref'] : body['sha']);
    if (!knowsCommit(sha)) return refuse(type === 'github' ? 422 : 400, `No ref found for: ${sha}`);
    const made: DoubleDeployment = {
      id: deployments.length + 1,
      repository,
      sha,
      environment: textOf(body['environment']),
      ref: textOf(body['ref']),
      payload: body['payload'] ?? null,
      transient: body['transient_environment'] === true,
      states: [],
      bodies: [],
    };
    deployments.push(made);
    if (type === 'gitlab') tell(made, textOf(body['status']), body);
    return { status: 201, body: { id: made.id } };
  };

  const tell = (deployment: DoubleDeployment, state: string, body: Body): void => {
    deployment.states.push(state);
    deployment.bodies.push(body);
    double.onState({ ...deployment, state });
  };

  const github = (method: string, path: string, query: URLSearchParams, body: Body): Answer => {
    const [, repository = '', rest = ''] = /^\/repos\/([^/]+\/[^/]+)(\/.*)$/.exec(path) ?? [];
    if (!known(repository)) return refuse(404, 'Not Found');
    if (rest === '/deployments' && method === 'POST') return createDeployment(repository, body);
    if (rest === '/deployments' && method === 'GET') {
      const size = Number(query.get('per_page') ?? 30);
      const page = Number(query.get('page') ?? 1);
      const found = deployments
        .filter((one) => one.repository === repository && one.sha === query.get('sha'))
        .filter((one) => one.environment === query.get('environment'))
        .toReversed();
      return { status: 200, body: found.slice((page - 1) * size, page * size) };
    }
    const id = /^\/deployments\/(\d+)\/statuses$/.exec(rest)?.[1];
    if (id !== undefined && method === 'POST') {
      const found = deployments.find((one) => one.id === Number(id));
      if (found === undefined) return refuse(404, 'Not Found');
      const state = textOf(body['state']);
      if (!GITHUB_STATES.includes(state)) return refuse(422, 'Validation Failed');
      if (textOf(body['description']).length > 140) return refuse(422, 'description is too long');
      if (state === 'inactive' && !found.transient) return refuse(422, 'Validation Failed');
      tell(found, state, body);
      return { status: 201, body: { id: found.states.length } };
    }
    return status(method, rest, repository, body);
  };

  const status = (method: string, rest: string, repository: string, body: Body): Answer => {
    const sha = /^\/statuses\/([0-9a-f]+)$/.exec(rest)?.[1];
    if (sha === undefined || method !== 'POST') return refuse(404, 'Not Found');
    if (!knowsCommit(sha)) return refuse(422, `No commit found for SHA: ${sha}`);
    const state = textOf(body['state']);
    const allowed = type === 'gitlab' ? GITLAB_STATUS_STATES : STATUS_STATES;
    if (!allowed.includes(state)) return refuse(422, 'Validation Failed');
    const context = textOf(body['context'] ?? body['name']);
    const before = statuses.findLast((one) => one.sha === sha && one.context === context);
    if (type === 'gitlab' && before?.state === state) {
      return refuse(400, `Cannot transition status via :enqueue from :${state}`);
    }
    statuses.push({ repository, sha, context, state, body });
    return { status: 201, body: { id: statuses.length } };
  };

  const gitlab = (method: string, path: string, query: URLSearchParams, body: Body): Answer => {
    const [, encoded = '', rest = ''] = /^\/projects\/([^/]+)(\/.*)$/.exec(path) ?? [];
    const repository = decodeURIComponent(encoded);
    if (!known(repository)) return refuse(404, '404 Project Not Found');
    if (rest === '/deployments' && method === 'POST') return createDeployment(repository, body);
    if (rest === '/deployments' && method === 'GET') {
      const found = deployments
        .filter((one) => one.repository === repository)
        .filter((one) => one.environment === query.get('environment'))
        .toReversed();
      return {
        status: 200,
        body: found.map((one) => ({ id: one.id, sha: one.sha, deployable: null })),
      };
    }
    const id = /^\/deployments\/(\d+)$/.exec(rest)?.[1];
    if (id !== undefined && method === 'PUT') {
      const found = deployments.find((one) => one.id === Number(id));
      if (found === undefined) return refuse(404, '404 Not found');
      const state = textOf(body['status']);
      const before = found.states.at(-1);
      if (before === state || (state === 'running' && before !== 'created')) {
        return refuse(400, `Cannot transition status via :run from :${String(before)}`);
      }
      tell(found, state, body);
      return { status: 200, body: { id: found.id } };
    }
    if (rest === '/environments' && method === 'GET') {
      return {
        status: 200,
        body: [{ id: 1, external_url: environments.get(String(query.get('name'))) ?? null }],
      };
    }
    if (rest === '/environments/1' && method === 'PUT') {
      environments.set('production', textOf(body['external_url']));
      return { status: 200, body: {} };
    }
    return status(method, rest, repository, body);
  };

  const isSignedIn = async (request: IncomingMessage, path: string): Promise<boolean> => {
    const shown = String(request.headers['private-token'] ?? request.headers.authorization ?? '');
    const token = shown.replace(/^(?:Bearer|token) /, '');
    if (options.app !== undefined && /^\/app|\/installation$/.test(path)) {
      const { payload } = await jwtVerify(token, createPublicKey(options.app.publicKey), {
        algorithms: ['RS256'],
      });
      const life = (payload.exp ?? 0) - (payload.iat ?? 0);
      return payload.iss === String(options.app.id) && life > 0 && life <= 600;
    }
    return tokens.has(token);
  };

  const application = (method: string, path: string): Answer | null => {
    if (path === '/app') {
      return { status: 200, body: { slug: 'helper', permissions: { deployments: 'write' } } };
    }
    if (path === '/user') return { status: 200, body: { login: 'robot' } };
    if (path === '/personal_access_tokens/self') {
      return { status: 200, body: { name: 'robot', scopes: ['api'] } };
    }
    const repository = /^\/repos\/([^/]+\/[^/]+)\/installation$/.exec(path)?.[1];
    if (repository !== undefined) {
      return known(repository) ? { status: 200, body: { id: 7 } } : refuse(404, 'Not Found');
    }
    if (path === '/app/installations/7/access_tokens' && method === 'POST') {
      given += 1;
      const token = `installation-token-${given}`;
      tokens.add(token);
      const expires = new Date(Date.now() + 3_600_000).toISOString();
      return { status: 201, body: { token, expires_at: expires } };
    }
    return null;
  };

  const answer = async (request: IncomingMessage, text: string): Promise<Answer> => {
    const base = { github: '/api/v3', gitlab: '/api/v4', gitea: '/api/v1' }[type];
    const url = new URL(request.url ?? '', 'http://forge');
    if (!url.pathname.startsWith(`${base}/`)) return refuse(404, 'Not Found');
    const path = url.pathname.slice(base.length);
    const method = request.method ?? '';
    requests.push(`${method} ${path}`);
    if (!(await isSignedIn(request, path).catch(() => false)))
      return refuse(401, 'Bad credentials');
    const body = text === '' ? {} : (JSON.parse(text) as Body);
    const made = application(method, path);
    if (made !== null) return made;
    return type === 'gitlab'
      ? gitlab(method, path, url.searchParams, body)
      : github(method, path, url.searchParams, body);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    under += 1;
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const fault = faults.shift();
      if (fault !== undefined && fault !== 'lose-answer') {
        response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
        response.end(JSON.stringify(fault.body ?? { message: 'fault' }));
        return;
      }
      const made =
        under > 1
          ? {
              ...refuse(403, 'You have exceeded a secondary rate limit'),
              headers: { 'retry-after': '1' },
            }
          : await answer(request, text);
      if (fault === 'lose-answer') {
        response.destroy();
        return;
      }
      response.writeHead(made.status, { 'content-type': 'application/json', ...made.headers });
      response.end(JSON.stringify(made.body ?? null));
    } finally {
      under -= 1;
    }
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const double: ForgeDouble = {
    url: `http://127.0.0.1:${port}`,
    deployments,
    statuses,
    requests,
    environments,
    faults,
    repositories,
    commits: null,
    onState: () => undefined,
    expireTokens: () => {
      tokens = new Set();
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return double;
};
