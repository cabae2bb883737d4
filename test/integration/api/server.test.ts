import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { NOT_OBSERVED } from '../../../src/core/health/health.ts';
import { ActRefused } from '../../../src/core/contract/act-refused.ts';
import { ClusterError } from '../../../src/core/swarm/cluster.ts';
import type { DeliveryDetail } from '../../../src/core/contract/delivery-views.ts';
import type { DeploymentView, ServiceView } from '../../../src/core/contract/views.ts';
import type { RunRequest, RunView } from '../../../src/core/contract/run-views.ts';
import type { By } from '../../../src/http/ports/ports.ts';
import { DeliveryDetailSchema } from '../../../src/http/schemas/delivery.ts';
import { DeploymentSchema } from '../../../src/http/schemas/deployment.ts';
import { RunSchema } from '../../../src/http/schemas/run.ts';
import { ServiceSchema } from '../../../src/http/schemas/service.ts';
import { createServer } from '../../../src/http/server.ts';
import {
  createMemoryPorts,
  type PortChanges,
  OPERATOR_TOKEN,
  VIEWER_TOKEN,
} from '../../support/work/memory-ports.ts';

const servers: FastifyInstance[] = [];

const start = async (changes: PortChanges = {}) => {
  const ports = createMemoryPorts(changes);
  const server = await createServer(ports.deps);
  servers.push(server);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const ask = async (
    path: string,
    options: { method?: string; token?: string | null; body?: unknown; text?: string } = {},
  ) => {
    const { method = 'GET', token = OPERATOR_TOKEN, body, text } = options;
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const content = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') === true;
    return {
      status: answer.status,
      headers: answer.headers,
      text: content,
      body: isJson ? JSON.parse(content) : null,
    };
  };
  return { ...ports, port, ask };
};

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const service = (name: string, verdict: ServiceView['verdict'] = 'current'): ServiceView => ({
  cluster: 'default',
  id: `id-${name}`,
  name,
  stack: null,
  image: 'docker.io/acme/web:v1',
  running: `sha256:${'a'.repeat(64)}`,
  published: null,
  checkedAt: null,
  ...NOT_OBSERVED,
  plan: 'leave',
  gates: [],
  verdict,
  reason: null,
  mode: 'replicated',
  replicas: { running: 2, desired: 2 },
  updatedAt: '2026-01-02T03:04:05.000Z',
  deployment: null,
  build: null,
});

const deployment = (id: string, queuedAt = '2026-01-02T03:04:05.000Z'): DeploymentView => ({
  id,
  cluster: 'default',
  service: { id: 'x8', name: 'web' },
  image: 'docker.io/acme/web:v1',
  from: null,
  to: `sha256:${'b'.repeat(64)}`,
  fromTag: 'v1',
  toTag: 'v1',
  cause: 'digest-differs',
  build: null,
  changes: null,
  state: 'failed',
  reason: 'task-failed',
  triggers: [{ kind: 'hook', delivery: 'd1' }],
  triggerCount: 1,
  queuedAt,
  startedAt: null,
  endedAt: null,
  pullingSince: null,
  steps: [{ at: queuedAt, step: 'update-sent', detail: { version: 7 } }],
  failure: {
    message: 'task: non-zero exit (3)',
    node: null,
    nodeName: null,
    exitCode: 3,
    log: ['password=hunter2'],
  },
});

const delivery: DeliveryDetail = {
  id: 'd1',
  receivedAt: '2026-01-02T03:04:05.000Z',
  sender: 'docker-hub',
  secret: 'main',
  address: '127.0.0.1',
  status: 202,
  pushes: [{ image: 'docker.io/acme/web:v1', results: [] }],
  ignored: [],
  duplicateOf: null,
  deployments: ['p1'],
  headers: { 'user-agent': 'hub' },
  body: '{}',
};

const run: RunView = {
  id: 'r1',
  state: 'done',
  reason: null,
  progress: { services: 1, images: 1, checkedImages: 1 },
  dryRun: true,
  origin: 'person',
  by: 'oncall',
  startedAt: '2026-01-02T03:04:05.000Z',
  endedAt: '2026-01-02T03:04:06.000Z',
  counts: { current: 1 },
  services: [service('web')],
};

const READS = [
  '/api/v1/services',
  '/api/v1/clusters/default/services/web',
  '/api/v1/deployments',
  '/api/v1/deployments/p1',
  '/api/v1/deliveries',
  '/api/v1/deliveries/d1',
  '/api/v1/runs',
  '/api/v1/runs/r1',
  '/api/v1/clusters',
  '/api/v1/store',
  '/api/v1/registries',
  '/metrics',
];
const ACTS = [
  ['POST', '/api/v1/smart-redeploy'],
  ['POST', '/api/v1/clusters/default/services/web/check'],
  ['POST', '/api/v1/clusters/default/services/web/redeploy'],
  ['POST', '/api/v1/clusters/default/services/web/rollback'],
  ['POST', '/api/v1/clusters/default/services/web/release'],
  ['POST', '/api/v1/deliveries/d1/replay'],
  ['POST', '/api/v1/freezes'],
  ['DELETE', '/api/v1/freezes/f1'],
] as const;

const filled = async (changes: PortChanges = {}) => {
  const started = await start(changes);
  started.shelf.services.push(service('web'), service('api', 'obsolete'), service('db'));
  started.shelf.deployments.push(deployment('p1'), deployment('p2', '2026-03-01T00:00:00.000Z'));
  started.shelf.deliveries.push(delivery);
  started.shelf.runs.push(run);
  return started;
};

describe('signing in', () => {
  it.each(READS)('%s is for those who show a token', async (path) => {
    const { ask } = await filled();
    expect((await ask(path, { token: VIEWER_TOKEN })).status).toBe(200);
    expect((await ask(path)).status).toBe(200);
    for (const token of [
      null,
      'wrong',
      '',
      `${VIEWER_TOKEN}x`,
      `${VIEWER_TOKEN} ${VIEWER_TOKEN}`,
    ]) {
      const { status, headers, body } = await ask(path, { token });
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer realm="cd-helper"');
      expect(body).toMatchObject({ type: 'urn:cd-helper:problem:not-signed-in', status: 401 });
    }
  });

  it.each(ACTS)('%s %s is for operators', async (method, path) => {
    const { ask } = await filled();
    expect((await ask(path, { method, token: null })).status).toBe(401);
    const { status, body } = await ask(path, { method, token: VIEWER_TOKEN });
    expect(status).toBe(403);
    expect(body).toMatchObject({ type: 'urn:cd-helper:problem:role-too-low' });
  });

  it('says what to set where no token is configured', async () => {
    const { ask } = await start({ apiTokens: [] });
    const { status, body } = await ask('/api/v1/services');
    expect(status).toBe(401);
    expect(body.detail).toContain('CD_HELPER_API_TOKEN');
  });

  it('leaves metrics to everybody where they are public', async () => {
    const { metrics } = createMemoryPorts().deps;
    const { ask } = await start({ metrics: { ...metrics, public: true } });
    const { status, text } = await ask('/metrics', { token: null });
    expect(status).toBe(200);
    expect(text).toContain('# TYPE cd_helper_deliveries_total counter');
  });
});

describe('reads', () => {
  it('give each thing as it is described', async () => {
    const { ask } = await filled();
    expect(ServiceSchema.parse((await ask(READS[1] ?? '')).body)).toEqual(service('web'));
    expect(DeploymentSchema.parse((await ask('/api/v1/deployments/p1')).body)).toEqual(
      deployment('p1'),
    );
    expect(DeliveryDetailSchema.parse((await ask('/api/v1/deliveries/d1')).body)).toEqual(delivery);
    expect(RunSchema.parse((await ask('/api/v1/runs/r1')).body)).toEqual(run);
    expect((await ask('/api/v1/runs')).body.items).toEqual([
      expect.not.objectContaining({ services: expect.anything() }),
    ]);
  });

  it.each(['services/none', 'deployments/none', 'deliveries/none', 'runs/none'])(
    'of %s are 404',
    async (path) => {
      const { ask } = await filled();
      const where = path === 'services/none' ? `clusters/default/${path}` : path;
      const { status, body } = await ask(`/api/v1/${where}`);
      expect(status).toBe(404);
      expect(body).toMatchObject({ type: 'urn:cd-helper:problem:not-found' });
    },
  );

  it('keep what a container wrote from viewers', async () => {
    const { ask } = await filled();
    for (const path of ['/api/v1/deployments', '/api/v1/deployments/p1']) {
      expect((await ask(path, { token: VIEWER_TOKEN })).text).not.toContain('hunter2');
      expect((await ask(path)).text).toContain('hunter2');
    }
  });

  it('come in parts that an opaque cursor joins', async () => {
    const { ask } = await filled();
    const names: string[] = [];
    let cursor = '';
    do {
      const { body } = await ask(`/api/v1/services?limit=2${cursor}`);
      names.push(...body.items.map(({ name }: ServiceView) => name));
      cursor = body.next === null ? '' : `&cursor=${body.next}`;
    } while (cursor !== '');
    expect(names).toEqual(['web', 'api', 'db']);
  });

  it('are filtered', async () => {
    const { ask } = await filled();
    const { body } = await ask('/api/v1/services?verdict=obsolete');
    expect(body.items).toEqual([service('api', 'obsolete')]);
    const since = encodeURIComponent('2026-03-01T01:00:00+01:00');
    const later = await ask(`/api/v1/deployments?since=${since}`);
    expect(later.body.items.map(({ id }: DeploymentView) => id)).toEqual(['p2']);
  });

  it.each([
    ['services?limit=0', 'limit'],
    ['services?limit=501', 'limit'],
    ['services?limit=1.5', 'limit'],
    ['services?limit=x', 'limit'],
    ['services?cursor=x', 'cursor'],
    ['services?cursor=MTIz', 'cursor'],
    [`services?cursor=${'A'.repeat(5000)}`, 'cursor'],
    ['services?verdict=fine', 'verdict'],
    ['services?verdikt=current', ''],
    ['services?cluster=', 'cluster'],
    ['services?cluster=a&cluster=b', 'cluster'],
    ['deployments?state=nearly', 'state'],
    [`deployments?q=${'x'.repeat(300)}`, 'q'],
    ['deployments?since=yesterday', 'since'],
    ['runs?q=x', ''],
  ])('%s is 400 and says what is wrong', async (path, where) => {
    const { ask } = await filled();
    const { status, body } = await ask(`/api/v1/${path}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ type: 'urn:cd-helper:problem:invalid-request', status: 400 });
    expect(body.errors).toEqual([{ path: where, detail: expect.stringMatching(/\w/) }]);
  });
});

describe('acts', () => {
  it('start a run, dry or not, without a body too', async () => {
    const asked: RunRequest[] = [];
    const actors: string[] = [];
    const { ask } = await start({
      acts: {
        startRun: async (request: RunRequest, { actor }: By) => {
          asked.push(request);
          actors.push(actor);
          return { ...run, dryRun: request.dryRun };
        },
      },
    });
    const method = 'POST';
    const path = '/api/v1/smart-redeploy';
    expect((await ask(path, { method })).status).toBe(202);
    expect((await ask(path, { method, body: {} })).status).toBe(202);
    const dry = await ask(path, { method, body: { dryRun: true, services: ['web*'] } });
    expect(dry.status).toBe(200);
    expect(dry.body).toEqual(run);
    const all = { cluster: null, services: [], stacks: [], images: [], dryRun: false, pin: false };
    expect(asked).toEqual([all, all, { ...all, dryRun: true, services: ['web*'] }]);
    expect(actors).toEqual(['oncall', 'oncall', 'oncall']);
  });

  it('have a limit in time, but a dry run has not', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort(new Error('time is up')));
    onTestFinished(() => void vi.restoreAllMocks());
    const isOver: boolean[] = [];
    const { ask } = await start({
      acts: {
        startRun: async ({ dryRun }: RunRequest, { signal }: By) => {
          isOver.push(signal.aborted);
          return { ...run, dryRun };
        },
      },
    });
    for (const dryRun of [false, true]) {
      await ask('/api/v1/smart-redeploy', { method: 'POST', body: { dryRun } });
    }
    expect(isOver).toEqual([true, false]);
  });

  it.each([
    ['{"dryRun": "yes"}', 'invalid-request', 'dryRun'],
    ['{"dryrun": true}', 'invalid-request', ''],
    ['{"services": "web"}', 'invalid-request', 'services'],
    ['{"services": [""]}', 'invalid-request', 'services/0'],
    ['{"__proto__": {"dryRun": true}}', 'invalid-request', ''],
    ['{"dryRun": }', 'malformed-json', null],
    ['{', 'malformed-json', null],
  ])('refuse the body %s', async (text, code, where) => {
    const { ask } = await start();
    const { status, body } = await ask('/api/v1/smart-redeploy', { method: 'POST', text });
    expect(status).toBe(400);
    expect(body.type).toBe(`urn:cd-helper:problem:${code}`);
    expect(body.errors).toEqual(
      where === null ? [] : [{ path: where, detail: expect.any(String) }],
    );
  });

  it.each([
    [new ActRefused('not-found', 'no such service'), 404, 'not-found'],
    [new ActRefused('held', 'a hold stands'), 409, 'held'],
    [new ActRefused('conflict', 'an update is in progress'), 409, 'conflict'],
    [new ActRefused('not-supported', 'Swarmpit cannot set a digest'), 422, 'not-supported'],
    [
      new ClusterError('qa', 'unreachable', 'no answer', { retryable: true }),
      502,
      'cluster-unreachable',
    ],
    [
      new DOMException('The operation was aborted due to timeout', 'TimeoutError'),
      504,
      'timed-out',
    ],
    [new Error('SELECT secret FROM x'), 500, 'internal'],
  ])('that end with %s are %i', async (error, expected, code) => {
    const { ask, logLines } = await start({
      acts: {
        redeploy: async () => {
          throw error;
        },
      },
    });
    const path = '/api/v1/clusters/default/services/web/redeploy';
    const { status, body } = await ask(path, { method: 'POST', body: { force: true } });
    expect(status).toBe(expected);
    expect(body.type).toBe(`urn:cd-helper:problem:${code}`);
    expect(body.detail).not.toContain('SELECT');
    expect(logLines.join('\n').includes('SELECT')).toBe(expected === 500);
  });

  it('refuse bodies that are too long or of another type', async () => {
    const { ask, port } = await start();
    const text = JSON.stringify({ services: ['x'.repeat(70_000)] });
    expect((await ask('/api/v1/smart-redeploy', { method: 'POST', text })).status).toBe(413);
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/smart-redeploy`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'text/plain' },
      body: 'all',
    });
    expect(answer.status).toBe(415);
  });
});

describe('addresses', () => {
  it('that are none are 404, and other methods 405, as problems', async () => {
    const { ask } = await filled();
    for (const path of ['/api', '/api/v1', '/api/v2/services', '/nothing']) {
      const { status, headers, body } = await ask(path);
      expect([path, status]).toEqual([path, 404]);
      // A client can tell a wrong address from a name that does not exist.
      expect(body).toMatchObject({ type: 'urn:cd-helper:problem:no-such-address' });
      expect(headers.get('content-type')).toContain('application/problem+json');
    }
    const { status, headers } = await ask('/api/v1/services', { method: 'DELETE' });
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe('GET, HEAD');
    const freezes = await ask('/api/v1/freezes', { method: 'PUT' });
    expect(freezes.headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'POST']);
  });

  it('end with a slash or not', async () => {
    const { ask } = await filled();
    expect((await ask('/api/v1/services/')).status).toBe(200);
  });
});

describe('health', () => {
  it('is told at the root and under the base path', async () => {
    const { ask } = await start({ basePath: '/cd-helper' });
    for (const base of ['', '/cd-helper']) {
      expect((await ask(`${base}/healthz`, { token: null })).body).toEqual({ status: 'alive' });
      expect((await ask(`${base}/readyz`, { token: null })).status).toBe(200);
    }
    expect((await ask('/cd-helper/version.txt', { token: null })).text).toBe('1.2.3 abc1234\n');
    expect((await ask('/version.txt')).status).toBe(404);
    expect((await ask('/cd-helper/api/v1/services')).status).toBe(200);
  });

  it('is ready although a cluster is down', async () => {
    const { ask, shelf } = await start();
    shelf.clusters.push({
      name: 'qa',
      type: 'swarmpit',
      state: 'down',
      description: null,
      problem: 'no answer from 10.0.0.5',
      checkedAt: null,
      capabilities: {
        setsDigest: false,
        goesBackTo: 'previous-spec' as const,
        deploysOci: false,
        tellsTasks: false,
        tellsContainers: false,
        givesLogs: false,
      },
    });
    const { status, body, text } = await ask('/readyz', { token: null });
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'ready',
      store: 'writable',
      clusters: [{ name: 'qa', state: 'down' }],
    });
    expect(text).not.toContain('10.0.0.5');
  });

  it.each([
    ['says no', async () => ({ state: 'not-writable', reason: 'files-deleted' }) as const],
    ['fails', async () => Promise.reject(new Error('disk'))],
    ['never answers', () => new Promise<never>(() => {})],
  ])('is not ready where the store %s', async (_name, askStore) => {
    const { ask } = await start({ askStore });
    const { status, body } = await ask('/readyz', { token: null });
    expect(status).toBe(503);
    expect(body).toMatchObject({ status: 'not-ready', store: 'not-writable' });
    expect((await ask('/healthz', { token: null })).status).toBe(200);
  });
});

describe('the description', () => {
  it('names every route under the base path, and problems', async () => {
    const { ask } = await start({ basePath: '/cd-helper' });
    const { body } = await ask('/cd-helper/openapi.json', { token: null });
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/cd-helper/hooks/{secret}',
        '/cd-helper/hooks',
        '/cd-helper/api/v1/smart-redeploy',
        '/cd-helper/api/v1/clusters/{cluster}/services/{name}',
        '/cd-helper/api/v1/deployments/{id}',
      ]),
    );
    for (const path of Object.values<Record<string, { responses: object }>>(body.paths)) {
      for (const { responses } of Object.values(path)) {
        expect(Object.keys(responses)).toContain('401');
      }
    }
    const names = Object.keys(body.components.schemas);
    expect(names).toEqual(
      expect.arrayContaining(['Service', 'Verdict', 'Problem', 'RunRequestInput']),
    );
    expect(names).not.toContain('ServiceInput');
    for (const [, name] of JSON.stringify(body).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(names).toContain(name);
    }
  });
});
