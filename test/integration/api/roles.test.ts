import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../../src/http/server.ts';
import {
  type ApiStage,
  APPROVER,
  openApiStage,
  OPERATOR,
  VIEWER,
} from '../../support/http/api-stage.ts';
import { listRoutes } from '../../support/http/list-routes.ts';
import { createMemoryPorts } from '../../support/work/memory-ports.ts';

/** What is for everybody; every other route that there is or will be is not. */
const OPEN = ['/healthz', '/readyz', '/version.txt', '/openapi.json'];
const isOpen = (path: string): boolean => OPEN.includes(path) || /^\/docs(?:[/*]|$)/.test(path);
/** Whoever has the link may open it; of a token that is none there is nothing to see. */
const LINK = '/approvals/:token';
const HOOKS = ['/hooks', '/hooks/:secret', '/hooks/outcome', '/hooks/:secret/outcome'];
/** Anybody who is signed in may sign out. */
const SIGN_OUT = ['/api/v1/session', '/api/v1/sessions'];

const server = await createServer(createMemoryPorts().deps);
const routes = listRoutes(server);
await server.close();

let stage: ApiStage;
let ids: Readonly<Record<string, string>>;
beforeAll(async () => {
  stage = await openApiStage();
  const { engine, registry, image, push, ask } = stage;
  const one = registry.setTag('acme/web', 'v1', 'one');
  engine.addService({ name: 'web', image: image('acme/web', 'v1', one) });
  await push('acme/web', 'two');
  const first = async (path: string): Promise<string> =>
    ((await ask(path)).body as { items: { id: string }[] }).items[0]?.id ?? '';
  ids = {
    deployments: await first('/api/v1/deployments'),
    deliveries: await first('/api/v1/deliveries'),
  };
}, 60_000);
afterAll(() => stage.close());

/** The route's address with things that there are. */
const fill = (path: string): string =>
  path
    .replace('/docs/static/:name', '/docs/static/swagger-ui.css')
    .replace(':cluster', 'default')
    .replace(':name', 'web')
    .replace(':secret', 'a-wrong-secret')
    .replace(/(\w+)\/:id/, (_all, list: string) => `${list}/${ids[list] ?? 'x'}`);

const bodyOf = (method: string): { readonly body?: unknown } =>
  method === 'GET' ? {} : { body: {} };

/** What must stay as it is whatever is asked in this file. */
const state = async () => {
  const paths = ['deployments', 'runs', 'freezes', 'actions', 'deliveries'];
  const lists = await Promise.all(paths.map((path) => stage.ask(`/api/v1/${path}`)));
  return { updates: stage.engine.updates.length, lists: lists.map(({ body }) => body) };
};

it('there are routes to try', () => {
  expect(routes.length).toBeGreaterThan(100);
  expect(routes).toContainEqual({ method: 'POST', path: '/api/v1/smart-redeploy' });
});

describe.each([
  ['no token', null],
  ['a token that is none', 'wrong-token-0123456789'],
  ['the hook secret', 'a-path-secret-for-tests-only-0123456789'],
])('with %s', (_who, token) => {
  it.each(routes.map(({ method, path }) => [method, path] as const))(
    'nothing is seen or done: %s %s',
    async (method, path) => {
      const { status, headers, text } = await stage.ask(fill(path), {
        method,
        token,
        ...bodyOf(method),
      });
      if (isOpen(path) && method === 'GET') {
        expect(path.endsWith('*') ? [404] : [200]).toContain(status);
        return;
      }
      if (path === '/' && method === 'GET') {
        // The dashboard itself shows nothing of ours, and tests run without it too.
        expect([200, 503]).toContain(status);
        return;
      }
      if (path === '/hooks' && method === 'POST' && token?.startsWith('a-path-secret') === true) {
        // It is what this secret is for: an empty object is no hook of anybody.
        expect(status).toBe(400);
        return;
      }
      if (path === '/hooks/outcome' && method === 'GET' && token?.startsWith('a-path-') === true) {
        // So is this, but nothing is asked about.
        expect(status).toBe(400);
        return;
      }
      if (path === LINK && (method === 'GET' || method === 'POST')) {
        expect(status).toBe(404);
        expect(text).not.toMatch(/acme|sha256:|oncall/);
        return;
      }
      // Who has no token may sign in, but only from our own page.
      const isSignIn = path === '/api/v1/session' && method === 'POST';
      expect(isSignIn ? [403] : [401, 405]).toContain(status);
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(text).not.toMatch(/acme|sha256:|oncall/);
      if (status === 405) expect(headers.get('allow')?.split(', ')).not.toContain(method);
    },
  );
});

/** Everything at once, bodies and audit included, is read by operators alone. */
const FOR_OPERATORS = '/api/v1/backup';
/** What an approver may do, and a viewer may not. */
const DECISIONS = ['approve', 'reject'].map(
  (decision) => `/api/v1/clusters/:cluster/services/:name/${decision}`,
);

describe.each([
  ['a viewer’s', VIEWER, []],
  ['an approver’s', APPROVER, DECISIONS],
])('with %s token', (_whose, token, decisions) => {
  it.each(routes.map(({ method, path }) => [method, path] as const))(
    'what is read is read, and nothing is done: %s %s',
    async (method, path) => {
      const before = await state();
      const { status } = await stage.ask(fill(path), {
        method,
        token,
        ...bodyOf(method),
      });
      if (method === 'DELETE' && SIGN_OUT.includes(path)) {
        expect(status).toBe(204);
        return;
      }
      if (path === '/' && method === 'GET') expect([200, 503]).toContain(status);
      else if (path === '/api/v1/outcome' && method === 'GET') expect(status).toBe(400);
      else if (path === LINK) expect([404, 405]).toContain(status);
      else if (path === FOR_OPERATORS) expect([403, 405]).toContain(status);
      else if (HOOKS.includes(path)) expect([401, 405]).toContain(status);
      else if (decisions.includes(path) && method === 'POST') expect([400, 409]).toContain(status);
      else if (method !== 'GET') {
        expect([403, 405]).toContain(status);
      } else expect([200, 404, 405]).toContain(status);
      expect(await state()).toEqual(before);
    },
  );

  it('every address that an operator may read answers', async () => {
    const readable = routes.filter(
      ({ method, path }) =>
        method === 'GET' && path.startsWith('/api/v1/') && path !== FOR_OPERATORS,
    );
    for (const { path } of readable) {
      const asked = await Promise.all(
        [OPERATOR, token].map((shown) => stage.ask(fill(path), { token: shown })),
      );
      expect(asked[0]?.status).toBe(asked[1]?.status);
    }
  });
});
