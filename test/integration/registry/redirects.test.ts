import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Lookup } from '../../../src/core/image/published.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { createTestRegistries, imageNamed, unbounded } from '../../support/fake-registry/client.ts';
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

const look = (tag = 'v1'): Promise<Lookup> =>
  registries.findDigest(imageNamed(`${registry.host}/acme/app:${tag}`), unbounded());

const published = { kind: 'published', digest: expect.stringMatching(/^sha256:/) as string };
const failed = (reason: string, ...words: string[]): object => ({
  kind: 'failed',
  reason,
  detail: expect.stringMatching(new RegExp(words.join('.*'))) as string,
});

describe('redirects', () => {
  test('are followed to another host, without credentials', async () => {
    const elsewhere = await startFakeRegistry();
    const basic = { kind: 'basic' as const, users: { acme: 'hunter2' } };
    const home = await startFakeRegistry({ signIn: basic });
    elsewhere.setTag('acme/app', 'v1', 'elsewhere');
    const digest = home.setTag('acme/app', 'v1', 'home');
    const credentials = { username: 'acme', password: createSecret('hunter2') };
    await using client = createTestRegistries({
      hosts: [{ host: home.host, insecure: true, credentials }],
    });
    const image = imageNamed(`${home.host}/acme/app:v1`);
    expect(await client.findDigest(image, unbounded())).toMatchObject({ digest });

    const other = elsewhere.origin.replace('127.0.0.1', 'localhost');
    home.fault({ kind: 'redirect', to: `${other}/v2/acme/app/manifests/v1` });
    expect(await client.findDigest(image, unbounded())).toMatchObject(published);
    expect(elsewhere.requests).toHaveLength(1);
    expect(elsewhere.requests[0]?.headers.authorization).toBeUndefined();
    expect(home.requests.at(-1)?.headers.authorization).toMatch(/^Basic /);

    // Nor is the other host told who we are when it asks.
    const challenge = { 'www-authenticate': 'Basic realm="give"' };
    elsewhere.fault({ kind: 'status', status: 401, headers: challenge });
    home.forgetRequests();
    expect(await client.findDigest(image, unbounded())).toMatchObject(failed('sign-in-refused'));
    expect(home.count()).toBe(1);
    expect(elsewhere.requests.every(({ headers }) => headers.authorization === undefined)).toBe(
      true,
    );
    await Promise.all([elsewhere.close(), home.close()]);
  });

  test('to a host that wants a sign-in of its own get none', async () => {
    const basic = { kind: 'basic' as const, users: { acme: 'hunter2' } };
    const elsewhere = await startFakeRegistry({ signIn: basic });
    registry.fault({ kind: 'redirect', to: `${elsewhere.origin}/v2/acme/app/manifests/v1` });
    expect(await look()).toMatchObject(failed('sign-in-refused', registry.host));
    expect([registry.count(), elsewhere.count()]).toEqual([1, 1]);
    await elsewhere.close();
  });

  test('back to the first host bring no credentials along', async () => {
    const there = await startFakeRegistry();
    const basic = { kind: 'basic' as const, users: { acme: 'hunter2' } };
    const home = await startFakeRegistry({ signIn: basic });
    home.setTag('acme/app', 'v1', 'home');
    const credentials = { username: 'acme', password: createSecret('hunter2') };
    await using client = createTestRegistries({
      hosts: [{ host: home.host, insecure: true, credentials }],
    });
    const image = imageNamed(`${home.host}/acme/app:v1`);
    expect(await client.findDigest(image, unbounded())).toMatchObject(published);
    home.fault(
      { kind: 'redirect', to: `${there.origin}/back` },
      { repository: 'acme/app', times: 2 },
    );
    there.fault({ kind: 'redirect', to: `${home.origin}/v2/acme/secret/manifests/v1` });
    await client.findDigest(image, unbounded());
    const stolen = home.requests.filter(({ repository }) => repository === 'acme/secret');
    expect(stolen.length).toBeGreaterThan(0);
    expect(stolen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    await Promise.all([there.close(), home.close()]);
  });

  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/latest/',
    'http://[::ffff:169.254.169.254]/',
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://2852039166/',
  ])('to %s are refused', async (to) => {
    registry.fault({ kind: 'redirect', to });
    expect(await look()).toMatchObject(failed('malformed', registry.host, 'never contacted'));
    expect(registry.count()).toBe(1);
  });

  test('without end are given up', async () => {
    registry.fault({ kind: 'redirect', to: '/v2/acme/app/manifests/v1' });
    expect(await look()).toMatchObject(failed('malformed', 'more than 3 times'));
    expect(registry.count()).toBe(4);
  });
});

describe('a host that is never asked', () => {
  test.each([
    ['r.example.com:99999/app:v1', 'not a usable address'],
    ['999.1.1.1/app:v1', 'not a usable address'],
    ['[1:2]:5000/app:v1', 'not a usable address'],
    ['169.254.169.254/app:v1', 'never contacted'],
    ['metadata.google.internal/app:v1', 'never contacted'],
    ['[fe80::1]:5000/app:v1', 'never contacted'],
  ])('%s', async (name, words) => {
    const found = await registries.findDigest(imageNamed(name), unbounded());
    expect(found).toMatchObject(failed('unreachable', words));
  });
});
