import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createEngineCluster,
  type EngineClusterOptions,
} from '../../../src/adapters/swarm/engine/engine.ts';
import { type Cluster, ClusterError } from '../../../src/core/swarm/cluster.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import {
  type FakeEngine,
  type FakeEngineOptions,
  startFakeEngine,
} from '../../support/fake-engine/fake-engine.ts';
import type { Fault } from '../../support/fake-engine/faults.ts';
import { createTestAuthority } from '../../support/http/test-authority.ts';

const NEW = `sha256:${'b'.repeat(64)}` as Digest;
const signal = new AbortController().signal;
const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const connect = (url: string, options: Partial<EngineClusterOptions> = {}): Cluster => {
  const cluster = createEngineCluster({ name: 'test', url, ...options });
  closing.push(cluster.close);
  return cluster;
};

const start = async (
  options: FakeEngineOptions = {},
  timeouts: EngineClusterOptions['timeouts'] = {},
): Promise<{ engine: FakeEngine; cluster: Cluster }> => {
  const engine = await startFakeEngine(options);
  closing.push(engine.close);
  return { engine, cluster: connect(engine.url, { timeouts }) };
};

const problemOf = async (call: Promise<unknown>): Promise<ClusterError> => {
  const error = await call.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ClusterError) return error;
  throw error;
};

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  closing.push(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

describe('an engine that cannot be spoken to', () => {
  it.each([
    [
      'unix:///nowhere/docker.sock',
      'unreachable',
      true,
      /no socket at unix:\/\/\/nowhere\/docker.sock/,
    ],
    ['tcp://127.0.0.1:1', 'unreachable', true, /nothing listens at tcp:\/\/127.0.0.1:1/],
    [
      'tcp://nowhere.invalid:2375',
      'unreachable',
      true,
      /host of tcp:\/\/nowhere.invalid:2375 cannot be resolved/,
    ],
  ] as const)('%s is %s', async (url, code, retryable, message) => {
    const error = await problemOf(connect(url).listServices(signal));
    expect(error).toMatchObject({ code, retryable, mayHaveHappened: false });
    expect(error.message).toMatch(message);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'says what to do about a socket that may not be opened',
    async () => {
      const engine = await startFakeEngine({ listen: { kind: 'unix' } });
      closing.push(engine.close);
      const cluster = connect(engine.url);
      process.seteuid?.(65534);
      try {
        const error = await problemOf(cluster.listServices(signal));
        expect(error).toMatchObject({ code: 'permission-denied', retryable: false });
        expect(error.message).toMatch(/group that owns the socket.*socket proxy/);
      } finally {
        process.seteuid?.(0);
      }
    },
  );

  it('is told from one that is no engine at all', async () => {
    const { engine, cluster } = await start();
    engine.inject({ kind: 'status', status: 200, message: 'hello', on: { path: /_ping/ } });
    expect(await cluster.listServices(signal)).toEqual([]);
    const other = createServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'));
    });
    const error = await problemOf(
      connect(`tcp://127.0.0.1:${await listen(other)}`).listServices(signal),
    );
    expect(error).toMatchObject({ code: 'malformed-answer', retryable: false });
    expect(error.message).toMatch(/not a Docker Engine/);
  });

  it('is given up after a while', async () => {
    const { engine, cluster } = await start({}, { readMs: 50 });
    engine.inject({ kind: 'hang', on: { path: /services/ } });
    const error = await problemOf(cluster.listServices(signal));
    expect(error).toMatchObject({ code: 'timed-out', retryable: true });
    expect(error.message).toMatch(/GET \/services within 0.05 s/);
  });

  it("is left when the caller says so, with the caller's own reason", async () => {
    const { engine, cluster } = await start();
    engine.inject({ kind: 'hang' });
    const controller = new AbortController();
    const reason = new Error('enough');
    const call = cluster.listServices(controller.signal);
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await expect(cluster.observe('x', AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it("is left in the middle of an update with the caller's own reason too", async () => {
    const { engine, cluster } = await start();
    engine.addService({ name: 'web', image: 'acme/web:v1' });
    const [service] = await cluster.listServices(signal);
    if (service === undefined) throw new Error('no service');
    engine.inject({ kind: 'hang', on: { method: 'POST' } });
    const reason = new Error('enough');
    const update = { service, digest: NEW, platforms: null, restart: false, registryAuth: null };
    const controller = new AbortController();
    const call = cluster.updateImage(update, controller.signal);
    setImmediate(() => controller.abort(reason));
    await expect(call).rejects.toBe(reason);
  });
});

describe('an engine that says no', () => {
  it.each([
    ['worker', /is a worker.*node.role == manager/, /node node-1 at .* is a worker/],
    ['no-swarm', /is not in a swarm.*docker swarm init/, /node node-1 at .* is not in a swarm/],
  ] as const)('because it is a %s', async (role, listed, identified) => {
    const { engine, cluster } = await start();
    engine.setRole(role);
    const error = await problemOf(cluster.listServices(signal));
    expect(error).toMatchObject({ code: 'not-a-manager', retryable: true });
    expect(error.message).toMatch(listed);
    const identity = await problemOf(cluster.identify(signal));
    expect(identity).toMatchObject({ code: 'not-a-manager' });
    expect(identity.message).toMatch(identified);
  });

  it('because a proxy does not let it through: names what must be allowed', async () => {
    const { engine, cluster } = await start();
    engine.addService({ name: 'web', image: 'acme/web:v1' });
    engine.setProxy(({ method }) => method === 'GET');
    const [service] = await cluster.listServices(signal);
    if (service === undefined) throw new Error('no service');
    const error = await problemOf(
      cluster.updateImage(
        { service, digest: NEW, platforms: null, restart: false, registryAuth: null },
        signal,
      ),
    );
    expect(error).toMatchObject({
      code: 'permission-denied',
      retryable: false,
      mayHaveHappened: false,
    });
    expect(error.message).toContain(
      `refuses POST /services/${service.id}/update (HTTP 403: Forbidden)`,
    );
  });

  it.each([
    [
      503,
      'This node is not a swarm manager. Manager is being prepared or has trouble connecting to the cluster.',
      'unreachable',
      true,
    ],
    [
      503,
      'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock" to unlock it.',
      'refused',
      true,
    ],
    [
      500,
      "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online.",
      'unreachable',
      true,
    ],
    [405, 'method not allowed', 'permission-denied', false],
    [502, 'bad gateway', 'refused', true],
    [400, 'something invalid', 'refused', false],
  ] as const)('with HTTP %i %s', async (status, message, code, retryable) => {
    const { engine, cluster } = await start();
    engine.inject({ kind: 'status', status, message, on: { path: /services/ } });
    expect(await problemOf(cluster.listServices(signal))).toMatchObject({ code, retryable });
  });

  it.each(['{', '{"message":"hello"}', '[{"ID":5}]', '[null]'])(
    'with nonsense: %s',
    async (text) => {
      const { engine, cluster } = await start();
      engine.inject({ kind: 'body', text, on: { path: /services/ } });
      const error = await problemOf(cluster.listServices(signal));
      expect(error.code).toBe('malformed-answer');
      expect(error.message).toMatch(/GET \/services is not from a Docker Engine/);
    },
  );

  it('without putting escape codes or pages of a proxy into the message', async () => {
    const { engine, cluster } = await start();
    engine.inject({
      kind: 'status',
      status: 500,
      message: 'a\u001b[31m\r\nb',
      on: { path: /services/ },
    });
    expect((await problemOf(cluster.listServices(signal))).message).toMatch(/GET \/services: ab$/);
  });
});

describe('API versions', () => {
  it.each([
    ['1.41', '1.24', 'v1.41'],
    ['1.47', '1.24', 'v1.47'],
    ['1.56', '1.44', 'v1.56'],
  ])('an engine of %s (least %s) is spoken to in %s', async (apiVersion, minApiVersion, spoken) => {
    const { cluster } = await start({ apiVersion, minApiVersion });
    expect(await cluster.listServices(signal)).toEqual([]);
    expect((await cluster.identify(signal)).description).toContain(`API ${spoken.slice(1)}`);
  });

  it('older than any that serves are refused clearly', async () => {
    const message = /speaks API 1.39, and the helper needs 1.40 or newer/;
    const { cluster } = await start({ apiVersion: '1.39' });
    const error = await problemOf(cluster.listServices(signal));
    expect(error).toMatchObject({ code: 'refused', retryable: false });
    expect(error.message).toMatch(message);
  });

  it('are agreed upon once, and again with what stands there after a failure', async () => {
    const first = await startFakeEngine({ apiVersion: '1.41' });
    const port = Number(new URL(first.url).port);
    const cluster = connect(first.url);
    await Promise.all([cluster.listServices(signal), cluster.listServices(signal)]);
    await cluster.listServices(signal);
    expect(first.requests.get('GET /_ping')).toBe(1);
    await first.close();
    expect(await problemOf(cluster.listServices(signal))).toMatchObject({ code: 'unreachable' });
    const second = await startFakeEngine({ apiVersion: '1.45', listen: { kind: 'tcp', port } });
    closing.push(second.close);
    expect(await cluster.listServices(signal)).toEqual([]);
    expect((await cluster.identify(signal)).description).toContain('API 1.45');
  });

  it('are agreed upon again when another engine answers at once', async () => {
    const first = await startFakeEngine({ apiVersion: '1.47' });
    const cluster = connect(first.url);
    await cluster.listServices(signal);
    await first.close();
    const second = await startFakeEngine({
      apiVersion: '1.41',
      listen: { kind: 'tcp', port: Number(new URL(first.url).port) },
    });
    closing.push(second.close);
    expect(await cluster.listServices(signal)).toEqual([]);
  });
});

describe('a connection that is lost around an update', () => {
  const on = { method: 'POST' };
  it.each([
    ['before it was carried out', { kind: 'drop-before', on }, 0],
    ['after it was carried out', { kind: 'drop-after', on }, 1],
    ['by an answer that never came', { kind: 'hang', on }, 0],
    [
      'behind an error that tells nothing',
      { kind: 'status', status: 502, message: 'bad gateway', on },
      0,
    ],
  ] satisfies [string, Fault, number][])(
    '%s: may have happened',
    async (_what, fault, carriedOut) => {
      const { engine, cluster } = await start({}, { updateMs: 100 });
      engine.addService({ name: 'web', image: 'acme/web:v1' });
      const [service] = await cluster.listServices(signal);
      if (service === undefined) throw new Error('no service');
      engine.inject(fault);
      const error = await problemOf(
        cluster.updateImage(
          { service, digest: NEW, platforms: null, restart: false, registryAuth: null },
          signal,
        ),
      );
      expect(error).toMatchObject({ retryable: true, mayHaveHappened: true });
      expect(engine.updates).toHaveLength(carriedOut);
      const asked = engine.requests.get(`POST /services/${service.id}/update`);
      expect(asked).toBe(1);
    },
  );

  it('or could not even be made: has not happened', async () => {
    const { engine, cluster } = await start();
    engine.addService({ name: 'web', image: 'acme/web:v1' });
    const [service] = await cluster.listServices(signal);
    if (service === undefined) throw new Error('no service');
    await engine.close();
    const call = cluster.updateImage(
      { service, digest: NEW, platforms: null, restart: false, registryAuth: null },
      signal,
    );
    const error = await problemOf(
      call.catch(async () =>
        cluster.updateImage(
          { service, digest: NEW, platforms: null, restart: false, registryAuth: null },
          signal,
        ),
      ),
    );
    expect(error).toMatchObject({ code: 'unreachable', mayHaveHappened: false });
  });

  it('reads once more on a new connection when a kept one was closed', async () => {
    const { engine, cluster } = await start();
    await cluster.listServices(signal);
    engine.inject({ kind: 'drop-before', on: { path: /services/ }, times: 1 });
    expect(await cluster.listServices(signal)).toEqual([]);
    engine.inject({ kind: 'drop-before', on: { path: /services/ }, times: 2 });
    expect(await problemOf(cluster.listServices(signal))).toMatchObject({ code: 'unreachable' });
  });
});

describe('an engine over TLS', () => {
  const authority = createTestAuthority();
  const { cert, key } = authority.issue(['127.0.0.1']);
  const { ca } = authority;
  const { ca: other } = createTestAuthority();

  it('is spoken to with a client certificate, and not without, nor where it is not the one we trust', async () => {
    const engine = await startFakeEngine({ listen: { kind: 'tls', ca, cert, key } });
    closing.push(engine.close);
    const url = engine.url.replace('https:', 'tcp:');
    expect(await connect(url, { tls: { ca, cert, key } }).listServices(signal)).toEqual([]);

    const stranger = await problemOf(connect(url, { tls: { ca } }).listServices(signal));
    expect(stranger).toMatchObject({ code: 'unreachable', retryable: false });
    expect(stranger.message).toMatch(/TLS with tcp:.* failed: it requires a client certificate/);
    const wrong = await problemOf(
      connect(url, { tls: { ca: other, cert, key } }).listServices(signal),
    );
    expect(wrong).toMatchObject({ code: 'unreachable', retryable: false });
    expect(wrong.message).toMatch(
      /TLS with tcp:.* failed: the engine's certificate is not signed by ca/,
    );
  });

  it('is told from one that speaks no TLS', async () => {
    const { engine } = await start();
    const error = await problemOf(
      connect(engine.url.replace('tcp:', 'https:')).listServices(signal),
    );
    expect(error.message).toMatch(/TLS with .* failed: the port does not use TLS \([^:)]+\)/);
  });
});
