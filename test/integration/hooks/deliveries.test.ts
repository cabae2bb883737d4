import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { BacklogFull } from '../../../src/core/contract/delivery.ts';
import { LIMITS } from '../../../src/http/ports/limits.ts';
import { createServer } from '../../../src/http/server.ts';
import { HOOK_SAMPLES, textOf } from '../../support/hooks/hook-samples.ts';
import {
  createMemoryPorts,
  type PortChanges,
  HOOK_SECRET,
  hookSecret,
} from '../../support/work/memory-ports.ts';

const servers: FastifyInstance[] = [];

const start = async (changes: PortChanges = {}) => {
  const ports = createMemoryPorts(changes);
  const server = await createServer(ports.deps, { ...LIMITS, failureDelay: 0 });
  servers.push(server);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const post = async (
    path: string,
    body: string | object,
    headers: Record<string, string> = {},
  ) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  };
  return { ...ports, port, post };
};

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const DIGEST = `sha256:${'a'.repeat(64)}`;
const IMAGE = { image: 'acme/app:v1', digest: DIGEST };
const PATH = `/hooks/${HOOK_SECRET}`;

describe('an accepted hook', () => {
  it.each([PATH, `${PATH}/`, `${PATH}?source=hub`])('is answered 202 at %s', async (path) => {
    const { post, accepted } = await start();
    const { status, body } = await post(path, IMAGE);
    expect({ status, body }).toEqual({
      status: 202,
      body: {
        delivery: accepted[0]?.id,
        pushes: [{ image: 'docker.io/acme/app:v1', digest: DIGEST }],
        ignored: [],
      },
    });
    expect(accepted).toHaveLength(1);
  });

  it('is answered only once it is on disk', async () => {
    const disk = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    let isOnDisk = false;
    const { post } = await start({
      acceptDelivery: async ({ id }) => {
        reached.resolve();
        await disk.promise;
        isOnDisk = true;
        return { id, duplicateOf: null };
      },
    });
    const answered = post(PATH, IMAGE).then(() => isOnDisk);
    await reached.promise;
    disk.resolve();
    expect(await answered).toBe(true);
  });

  it('is stored with what it was, without secrets', async () => {
    const { post, accepted } = await start();
    const hub = {
      callback_url: 'https://registry.hub.docker.com/u/a/b/hook/2141b5',
      push_data: { tag: 'v1', pushed_at: 1.5 },
      repository: { repo_name: 'acme/app', description: `never ${HOOK_SECRET} here` },
    };
    await post(PATH, hub, { 'x-own': 'x', authorization: 'Basic abc', 'user-agent': 'hub/1' });
    expect(accepted[0]).toMatchObject({
      sender: 'docker-hub',
      secret: 'main',
      address: '127.0.0.1',
      status: 202,
      clusters: null,
      senderDeliveryId: null,
      headers: { 'content-type': 'application/json', 'user-agent': 'hub/1' },
    });
    expect(Object.keys(accepted[0]?.headers ?? {}).toSorted()).toEqual([
      'content-length',
      'content-type',
      'user-agent',
    ]);
    expect(JSON.parse(accepted[0]?.body ?? '')).toEqual({
      callback_url: '[redacted]',
      push_data: { tag: 'v1', pushed_at: 1.5 },
      repository: { repo_name: 'acme/app', description: 'never [redacted] here' },
    });
  });

  it('is 200 where all of it is ignored, and leaves no body', async () => {
    const { post, accepted } = await start();
    const { status, body } = await post(PATH, { push_data: {}, repository: { repo_name: 'a/b' } });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      pushes: [],
      ignored: [{ reason: 'no-tag', about: 'docker.io/a/b' }],
    });
    expect(accepted[0]).toMatchObject({ body: null, pushes: [] });
  });

  it('names the delivery that it repeats', async () => {
    const { post, accepted } = await start();
    const event = {
      specversion: '1.0',
      type: 'cd-helper.image.pushed',
      source: '/ci',
      id: '1',
      data: IMAGE,
    };
    await post(PATH, event);
    const { status, body } = await post(PATH, event);
    expect(status).toBe(202);
    expect(body).toMatchObject({ delivery: accepted[1]?.id, duplicateOf: accepted[0]?.id });
  });

  it('confirms a subscription of Event Grid', async () => {
    const { post } = await start();
    const eventType = 'Microsoft.EventGrid.SubscriptionValidationEvent';
    const { status, body } = await post(PATH, [
      { id: '1', eventType, data: { validationCode: '512d38b6' } },
    ]);
    expect(status).toBe(200);
    expect(body).toMatchObject({ validationResponse: '512d38b6' });
  });

  it.each([
    ['distribution v1', 'application/vnd.docker.distribution.events.v1+json', { events: [] }],
    ['distribution v2', 'application/vnd.docker.distribution.events.v2+json', { events: [] }],
    ['CloudEvents', 'application/cloudevents+json; charset=utf-8', {}],
    ['JSON in capitals', 'Application/JSON', IMAGE],
  ])('may have the content type of %s', async (_name, type, body) => {
    const { post } = await start();
    const { status } = await post(PATH, body, { 'content-type': type });
    expect(status).toBe(body === IMAGE ? 202 : 200);
  });

  it('bears a byte order mark and prototype keys', async () => {
    const { post } = await start();
    const text =
      '\uFEFF{"__proto__":{"image":"evil/app"},"constructor":{"prototype":{"x":1}},"image":"acme/app"}';
    const { status, body } = await post(PATH, text);
    expect(status).toBe(202);
    expect(body).toMatchObject({ pushes: [{ image: 'docker.io/acme/app:latest' }] });
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });

  it('lives under the base path, and only there', async () => {
    const { post } = await start({ basePath: '/cd-helper' });
    expect((await post(`/cd-helper${PATH}/`, IMAGE)).status).toBe(202);
    expect((await post(PATH, IMAGE)).status).toBe(404);
  });
});

describe('the secret', () => {
  const secrets = [
    hookSecret('old', 'old-secret-1'),
    hookSecret('new', 'new/secret 2%', { clusters: ['qa'] }),
    hookSecret('near', 'near-secret-3', { networks: ['127.0.0.0/8'] }),
    hookSecret('far', 'far-secret-4', { networks: ['10.0.0.0/8', 'fd00::1'] }),
    hookSecret('empty', ''),
  ];

  it.each([
    ['old-secret-1', 'old', null],
    [encodeURIComponent('new/secret 2%'), 'new', ['qa']],
    ['near-secret-3', 'near', null],
  ])('%s lets in', async (path, name, clusters) => {
    const { post, accepted } = await start({ hookSecrets: secrets });
    expect((await post(`/hooks/${path}`, IMAGE)).status).toBe(202);
    expect(accepted[0]).toMatchObject({ secret: name, clusters });
  });

  it.each([
    ['wrong', '/hooks/wrong'],
    ['a beginning of the right one', '/hooks/old-secret-'],
    ['another case', '/hooks/OLD-SECRET-1'],
    ['from outside its networks', '/hooks/far-secret-4'],
    ['with a semicolon', '/hooks/old-secret-1;x'],
    ['missing', '/hooks'],
    ['empty', '/hooks/'],
    ['a name of a property', '/hooks/__proto__'],
  ])('%s is refused and leaves nothing', async (_name, path) => {
    const { post, accepted } = await start({ hookSecrets: secrets });
    const { status, headers, body } = await post(path, IMAGE);
    expect(status).toBe(401);
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(body).toEqual({
      type: 'urn:cd-helper:problem:wrong-secret',
      title: 'Unauthorized',
      status: 401,
      detail: 'Invalid or missing webhook secret',
      errors: [],
    });
    expect(accepted).toEqual([]);
  });

  it.each([
    ['a bearer', { authorization: 'Bearer old-secret-1' }, 202],
    ['a header as it is', { authorization: 'old-secret-1' }, 202],
    ['an API key', { 'x-api-key': 'old-secret-1' }, 202],
    ['a password', { authorization: `Basic ${btoa('anybody:old-secret-1')}` }, 202],
    ['a wrong password', { authorization: `Basic ${btoa('old-secret-1:other')}` }, 401],
    ['no password', { authorization: 'Basic !' }, 401],
    ['a wrong bearer', { authorization: 'Bearer other' }, 401],
    ['an empty bearer', { authorization: 'Bearer ' }, 401],
    ['a wrong signature', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }, 401],
  ])('may come without a path as %s', async (_name, headers, expected) => {
    const { post, accepted } = await start({ hookSecrets: secrets });
    expect((await post('/hooks', IMAGE, headers)).status).toBe(expected);
    expect(accepted).toHaveLength(expected === 202 ? 1 : 0);
  });

  it('is wanted of every sender, whatever its bodies look like', async () => {
    const { post, accepted } = await start();
    for (const sample of HOOK_SAMPLES) {
      const { status } = await post('/hooks', textOf(sample), { ...sample.headers });
      // So many from one address are told to wait.
      expect([401, 429], `${sample.sender}: ${sample.name}`).toContain(status);
    }
    expect(accepted).toEqual([]);
  });

  it('in a header does not help a wrong one in the path', async () => {
    const { post } = await start({ hookSecrets: secrets });
    const headers = { authorization: 'Bearer old-secret-1' };
    expect((await post('/hooks/wrong', IMAGE, headers)).status).toBe(401);
  });

  it('that is wrong in the path is not made good by a right signature', async () => {
    const { post, accepted } = await start();
    const text = JSON.stringify(IMAGE);
    const signature = createHmac('sha256', HOOK_SECRET).update(text).digest('hex');
    const headers = { 'x-hub-signature-256': `sha256=${signature}` };
    expect((await post('/hooks/wrong', text, headers)).status).toBe(401);
    expect(accepted).toEqual([]);
    expect((await post('/hooks', text, headers)).status).toBe(202);
  });

  it.each([
    ['near-secret-3', 202],
    ['far-secret-4', 401],
  ])('%s signs only within its networks: %i', async (key, expected) => {
    const { post, accepted } = await start({ hookSecrets: secrets });
    const text = JSON.stringify(IMAGE);
    const signature = createHmac('sha256', key).update(text).digest('hex');
    const headers = { 'x-hub-signature-256': `sha256=${signature}` };
    expect((await post('/hooks', text, headers)).status).toBe(expected);
    expect(accepted).toHaveLength(expected === 202 ? 1 : 0);
  });

  it('that is right does not help a wrong signature', async () => {
    const { post, accepted } = await start();
    const headers = { 'x-github-event': 'ping', 'x-hub-signature-256': 'sha256=00' };
    expect((await post(PATH, {}, headers)).status).toBe(401);
    expect(accepted).toEqual([]);
  });

  it('is asked for where none is configured', async () => {
    const { post } = await start({ hookSecrets: [] });
    const { status, body } = await post('/hooks/x', IMAGE);
    expect(status).toBe(401);
    expect(body).toMatchObject({
      detail: 'no hook secret is configured: set CD_HELPER_HOOK_SECRET',
    });
  });

  it('that is wrong too often is told to wait, and a right one never is', async () => {
    const { post, logLines } = await start({ now: () => Date.UTC(2026, 0, 1) });
    const statuses: number[] = [];
    for (let count = 0; count < 105; count += 1) {
      statuses.push((await post('/hooks/wrong', IMAGE)).status);
    }
    expect(statuses.slice(0, 100)).toEqual(Array(100).fill(401));
    const last = await post('/hooks/wrong', IMAGE);
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    // The first few of a minute one by one, the rest as a number.
    expect(logLines.length).toBe(20);
    expect((await post(PATH, IMAGE)).status).toBe(202);
  });
});

describe('behind proxies', () => {
  const forwarded = { 'x-forwarded-for': '203.0.113.9' };

  it('believes one that is trusted', async () => {
    const { post, accepted } = await start({ trustedProxies: ['127.0.0.0/8'] });
    await post(PATH, IMAGE, forwarded);
    expect(accepted[0]?.address).toBe('203.0.113.9');
  });

  it('believes nobody else', async () => {
    const { post, accepted } = await start({ trustedProxies: ['10.0.0.1'] });
    await post(PATH, IMAGE, forwarded);
    expect(accepted[0]?.address).toBe('127.0.0.1');
  });
});

it('finishes what it has taken before it is closed', async () => {
  const disk = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const { post } = await start({
    acceptDelivery: async ({ id }) => {
      reached.resolve();
      await disk.promise;
      return { id, duplicateOf: null };
    },
  });
  const answer = post(PATH, IMAGE);
  await reached.promise;
  const closed = servers.splice(0).map((server) => server.close());
  disk.resolve();
  expect((await answer).status).toBe(202);
  await Promise.all(closed);
  await expect(post(PATH, IMAGE)).rejects.toThrow('fetch failed');
});

describe('a hook that cannot be stored', () => {
  it('is 503 with Retry-After where the backlog is full', async () => {
    const { post } = await start({
      acceptDelivery: async () => {
        throw new BacklogFull(7);
      },
    });
    const { status, headers, body } = await post(PATH, IMAGE);
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('7');
    expect(body).toMatchObject({ type: 'urn:cd-helper:problem:backlog-full' });
  });

  it('is 503 where the disk fails, tells the log and not the sender', async () => {
    const { post, logLines } = await start({
      acceptDelivery: async () => {
        throw new Error('SQLITE_FULL at /data/x.db');
      },
    });
    const { status, headers, body } = await post(PATH, IMAGE);
    expect(status).toBe(503);
    expect(headers.has('retry-after')).toBe(true);
    expect(JSON.stringify(body)).not.toContain('SQLITE');
    expect(logLines.join('\n')).toContain('SQLITE_FULL');
  });

  it('is 503 where too many wait for the disk already', async () => {
    const disk = Promise.withResolvers<void>();
    const { post } = await start({
      acceptDelivery: async ({ id }) => {
        await disk.promise;
        return { id, duplicateOf: null };
      },
    });
    const answers = Array.from({ length: 600 }, () => post(PATH, IMAGE));
    const first = await Promise.race(answers);
    expect(first.status).toBe(503);
    disk.resolve();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 202).length).toBeGreaterThanOrEqual(512);
  });
});
