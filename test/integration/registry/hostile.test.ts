import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Lookup } from '../../../src/core/image/published.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { createTestRegistries, imageNamed, unbounded } from '../../support/fake-registry/client.ts';
import type { Fault } from '../../support/fake-registry/faults.ts';
import { digestOf, fakeTwoPlatforms } from '../../support/fake-registry/images.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';

let registry: FakeRegistry;
let registries: ReturnType<typeof createTestRegistries>;
beforeEach(async () => {
  registry = await startFakeRegistry();
  registry.setTag('acme/app', 'v1', 'one');
  registries = createTestRegistries({
    hosts: [
      {
        host: registry.host,
        insecure: true,
        credentials: { username: 'acme', password: createSecret('hunter2') },
      },
    ],
    limits: { attemptMs: 300, lookupMs: 700, retryPauseMs: 10 },
  });
});
afterEach(async () => {
  await registries.close();
  await registry.close();
});

const renew = async (options: Parameters<typeof createTestRegistries>[0]): Promise<void> => {
  await registries.close();
  registries = createTestRegistries(options);
};

const look = (tag = 'v1'): Promise<Lookup> =>
  registries.findDigest(imageNamed(`${registry.host}/acme/app:${tag}`), unbounded());

const published = { kind: 'published', digest: expect.stringMatching(/^sha256:/) as string };
const failed = (reason: string, ...words: string[]): object => ({
  kind: 'failed',
  reason,
  detail: expect.stringMatching(new RegExp(words.join('.*'))) as string,
});

describe('429', () => {
  test('with a short Retry-After is waited for', async () => {
    const headers = { 'retry-after': '1' };
    registry.fault({ kind: 'status', status: 429, headers }, { times: 1 });
    await renew({ insecure: [registry.host] });
    const started = performance.now();
    expect(await look()).toMatchObject(published);
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
    expect(registry.count()).toBe(2);
  });

  test.each([
    ['seconds', () => '120'],
    ['a date', () => new Date(Date.now() + 120_000).toUTCString()],
  ])('with a long Retry-After in %s is told, and the registry left alone', async (_form, text) => {
    registry.fault(
      { kind: 'status', status: 429, headers: { 'retry-after': text() } },
      { times: 1 },
    );
    const found = await look();
    expect(found).toMatchObject(failed('rate-limited', registry.host, '429'));
    if (found.kind !== 'failed') throw new Error('it was found');
    expect(found.retryAfterMs).toBeGreaterThan(115_000);
    expect(found.retryAfterMs).toBeLessThanOrEqual(120_000);
    expect(await look('v2')).toMatchObject(failed('rate-limited', 'the helper waits'));
    expect(registry.count()).toBe(1);
  });

  test('without Retry-After is told at once', async () => {
    registry.fault({ kind: 'status', status: 429 });
    expect(await look()).toMatchObject({ ...failed('rate-limited'), retryAfterMs: null });
    expect(registry.count()).toBe(1);
  });

  test('for a day silences the registry for an hour at most', async () => {
    registry.fault({ kind: 'status', status: 429, headers: { 'retry-after': '86400' } });
    expect(await look()).toMatchObject({ reason: 'rate-limited', retryAfterMs: 3_600_000 });
  });

  test('of a manifest keeps nobody from asking for digests, which cost nothing', async () => {
    const digest = digestOf('any');
    const headers = { 'retry-after': '120' };
    registry.fault({ kind: 'status', status: 429, headers }, { method: 'GET' });
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    expect(await registries.readManifest(image, digest, unbounded())).toMatchObject(
      failed('rate-limited'),
    );
    expect(await look()).toMatchObject(published);
    await registries.readManifest(image, digest, unbounded());
    expect(registry.count({ method: 'GET' })).toBe(1);
  });
});

describe('what passes', () => {
  test.each<[string, Fault]>([
    ['500', { kind: 'status', status: 500 }],
    ['503 with Retry-After', { kind: 'status', status: 503, headers: { 'retry-after': '0' } }],
    ['a cut connection', { kind: 'reset' }],
    ['an answer that does not come', { kind: 'hang' }],
  ])('%s twice, then well', async (_name, fault) => {
    registry.fault(fault, { times: 2 });
    await renew({
      insecure: [registry.host],
      limits: { attemptMs: 300, lookupMs: 3_000 },
    });
    expect(await look()).toMatchObject(published);
    expect(registry.count()).toBe(3);
  });

  test('500 to three HEADs and a GET is given up, and well the next time', async () => {
    registry.fault({ kind: 'status', status: 500 }, { times: 4 });
    expect(await look()).toMatchObject(failed('unreachable', registry.host, 'answered 500'));
    expect(await look()).toMatchObject(published);
    expect(registry.count()).toBe(5);
  });
});

describe('a registry that answers no HEAD', () => {
  test('is asked by GET, which passing trouble does not end', async () => {
    registry.fault({ kind: 'status', status: 405 }, { method: 'HEAD' });
    expect(await look()).toMatchObject(published);
    registry.fault({ kind: 'status', status: 500 }, { method: 'GET', times: 1 });
    expect(await look()).toMatchObject(published);
  });

  test('is asked by HEAD as often as any other once it answers one again', async () => {
    registry.fault({ kind: 'status', status: 405 }, { method: 'HEAD', times: 1 });
    expect(await look()).toMatchObject(published);
    expect(await look()).toMatchObject(published);
    const before = registry.count({ method: 'HEAD' });
    registry.fault({ kind: 'status', status: 500 }, { method: 'HEAD', times: 2 });
    expect(await look()).toMatchObject(published);
    expect(registry.count({ method: 'HEAD' }) - before).toBe(3);
  });
});

describe('what does not pass is asked once', () => {
  test.each<[string, Fault, object]>([
    ['401 without a way in', { kind: 'status', status: 401 }, failed('sign-in-refused', '401')],
    ['403', { kind: 'status', status: 403 }, failed('sign-in-refused', 'acme/app', '403')],
    ['404', { kind: 'status', status: 404 }, failed('tag-gone', 'acme/app:v1')],
    ['400', { kind: 'status', status: 400 }, failed('malformed', '400')],
    ['304', { kind: 'status', status: 304 }, failed('malformed')],
  ])('%s', async (_name, fault, expected) => {
    registry.fault(fault, { method: 'HEAD' });
    registry.fault(fault, { method: 'GET' });
    expect(await look()).toMatchObject(expected);
    expect(registry.count({ method: 'HEAD' })).toBe(1);
  });
});

describe('time and memory', () => {
  test('a registry that never answers costs a lookup its limit and no more', async () => {
    registry.fault({ kind: 'hang' });
    const limits = { attemptMs: 600, lookupMs: 700, retryPauseMs: 10 };
    await renew({ insecure: [registry.host], limits });
    const started = performance.now();
    expect(await look()).toMatchObject(failed('unreachable', 'did not answer'));
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('no pause goes beyond the limit of a lookup', async () => {
    registry.fault({ kind: 'status', status: 500 });
    const limits = { lookupMs: 200, retryPauseMs: 5_000 };
    await renew({ insecure: [registry.host], limits });
    const started = performance.now();
    expect(await look()).toMatchObject(failed('unreachable', '500'));
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('a body that drips is not waited for', async () => {
    registry.fault(
      { kind: 'without-headers', names: ['docker-content-digest'] },
      { method: 'HEAD' },
    );
    registry.fault({ kind: 'drip', everyMs: 20 }, { method: 'GET' });
    const started = performance.now();
    expect(await look()).toMatchObject(failed('unreachable', 'did not answer'));
    expect(performance.now() - started).toBeLessThan(1_100);
  });

  test('of a manifest of 100 MB no more than its limit is read', async () => {
    registry.fault(
      { kind: 'without-headers', names: ['docker-content-digest'] },
      { method: 'HEAD' },
    );
    registry.fault({ kind: 'huge', bytes: 100 * 1024 * 1024 }, { method: 'GET' });
    await renew({ insecure: [registry.host] });
    const before = process.memoryUsage().rss;
    expect(await look()).toMatchObject(failed('malformed', 'more than 4096 KiB'));
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024);
  });

  test('an error with an endless body is still that error', async () => {
    const body = 'x'.repeat(1024 * 1024);
    registry.fault({ kind: 'status', status: 404, body }, { method: 'GET' });
    registry.fault({ kind: 'status', status: 405 }, { method: 'HEAD' });
    expect(await look()).toMatchObject(failed('tag-gone'));
  });
});

describe('answers that are none', () => {
  const schema1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
  test.each<[string, Fault, object]>([
    [
      'an invalid digest',
      { kind: 'with-headers', headers: { 'docker-content-digest': 'sha256:short' } },
      failed('malformed', 'an invalid digest'),
    ],
    [
      'schema 1 by its type',
      { kind: 'with-headers', headers: { 'content-type': schema1 } },
      failed('malformed', 'version 1'),
    ],
    [
      'schema 1 by what is in it',
      { kind: 'content', body: '{"schemaVersion":1,"name":"acme/app","fsLayers":[]}' },
      failed('malformed', 'version 1'),
    ],
    [
      'a web page',
      { kind: 'content', body: '<html>Sign in</html>' },
      failed('malformed', 'not JSON'),
    ],
    [
      'JSON that is no manifest',
      { kind: 'content', body: '{}' },
      failed('malformed', 'not a manifest'),
    ],
    [
      'an index and an image at once',
      {
        kind: 'content',
        body: JSON.stringify({ schemaVersion: 2, manifests: [], config: {}, layers: [] }),
      },
      failed('malformed', 'both'),
    ],
    ['depth', { kind: 'content', body: '['.repeat(3_000_000) }, failed('malformed', 'not JSON')],
    [
      'a manifest that is not what its header says',
      {
        kind: 'content',
        body: JSON.stringify({ schemaVersion: 2, manifests: [] }),
        headers: { 'docker-content-digest': digestOf('another') },
      },
      failed('malformed', 'not the one'),
    ],
  ])('%s', async (_name, fault, expected) => {
    if (fault.kind === 'content') {
      registry.fault({ kind: 'status', status: 405 }, { method: 'HEAD' });
      registry.fault(fault, { method: 'GET' });
    } else {
      registry.fault(fault);
    }
    await renew({ insecure: [registry.host] });
    expect(await look()).toMatchObject(expected);
  });

  test('content that is not what was asked for by digest is refused', async () => {
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    const digest = registry.setTag('acme/app', 'v1', fakeTwoPlatforms('two'));
    const body = JSON.stringify({ schemaVersion: 2, manifests: [] });
    registry.fault({ kind: 'content', body }, { method: 'GET' });
    expect(await registries.readManifest(image, digest, unbounded())).toMatchObject(
      failed('malformed', 'does not match'),
    );
  });

  test('something that is not HTTP', async () => {
    const server = createServer((socket) => socket.resume().end('SSH-2.0-OpenSSH_9.2\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await using client = createTestRegistries({ insecure: [`127.0.0.1:${port}`] });
    const image = imageNamed(`127.0.0.1:${port}/acme/app:v1`);
    expect(await client.findDigest(image, unbounded())).toMatchObject(
      failed('malformed', 'not answer in HTTP'),
    );
    await new Promise((resolve) => server.close(resolve));
  });

  test('nobody there', async () => {
    await registry.close();
    expect(await look()).toMatchObject(failed('unreachable', 'refuses connections'));
    registry = await startFakeRegistry();
  });
});

test('closing ends what is under way, and nothing is asked afterwards', async () => {
  registry.fault({ kind: 'hang' });
  const looked = look();
  await expect.poll(() => registry.count()).toBe(1);
  await registries.close();
  expect(await looked).toMatchObject(failed('unreachable', 'closed'));
  expect(await look()).toMatchObject(failed('unreachable', 'closed'));
  expect(registry.count()).toBe(1);
});

test('a certificate that is none is told', async () => {
  const tls = { ca: 'no PEM', cert: 'no PEM', key: createSecret('no PEM') };
  await renew({ hosts: [{ host: registry.host, tls }] });
  const found = await look();
  expect(found).toMatchObject(failed('unreachable', 'ca, cert or key', registry.host));
});
