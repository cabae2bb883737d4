import { afterEach, describe, expect, test } from 'vitest';
import type { RegistriesOptions } from '../../../src/adapters/registry/registries.ts';
import type { Lookup } from '../../../src/core/image/published.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { createTestRegistries, imageNamed, unbounded } from '../../support/fake-registry/client.ts';
import type { FakeSignIn } from '../../support/fake-registry/sign-in.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';

const started: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map(({ close }) => close()));
});

const users = { acme: 'hunter2' };
const right = { username: 'acme', password: createSecret('hunter2') };
const wrong = { username: 'acme', password: createSecret('swordfish') };

const start = async (signIn: FakeSignIn): Promise<FakeRegistry> => {
  const registry = await startFakeRegistry({ signIn });
  started.push(registry);
  registry.setTag('acme/app', 'v1', 'one');
  return registry;
};

type Told = NonNullable<RegistriesOptions['hosts']>[number];

const clientOf = (
  registry: FakeRegistry,
  told: Partial<Told> = {},
  options: Partial<RegistriesOptions> = {},
): ReturnType<typeof createTestRegistries> => {
  const hosts = [{ host: registry.host, insecure: true, ...told }];
  const client = createTestRegistries({ hosts, ...options });
  started.push(client);
  return client;
};

const look = (
  client: ReturnType<typeof createTestRegistries>,
  registry: FakeRegistry,
  name = 'acme/app:v1',
): Promise<Lookup> => client.findDigest(imageNamed(`${registry.host}/${name}`), unbounded());

const log = (registry: FakeRegistry): string[] =>
  registry.requests.map(({ method, kind }) => `${method} ${kind}`);

const isPublished = { kind: 'published' };

describe('basic', () => {
  test('is learnt once and then sent along', async () => {
    const registry = await start({ kind: 'basic', users });
    const client = clientOf(registry, { credentials: right });
    expect(await look(client, registry)).toMatchObject(isPublished);
    expect(await look(client, registry)).toMatchObject(isPublished);
    expect(registry.requests.map(({ headers }) => headers.authorization !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
  });

  test.each([
    [
      'a wrong password',
      { credentials: wrong },
      /refused the sign-in: wrong user name or password/,
    ],
    ['no credentials', {}, /no credentials are configured/],
  ])('%s is told with the host and without the secret', async (_name, told, words) => {
    const registry = await start({ kind: 'basic', users });
    const client = clientOf(registry, told);
    const found = await look(client, registry);
    expect(found).toMatchObject({ kind: 'failed', reason: 'sign-in-refused' });
    const text = JSON.stringify(found);
    expect(text).toMatch(words);
    expect(text).toContain(registry.host);
    expect(text).not.toContain('swordfish');
    // Once without, once with, and once more to learn what was refused: the password, or the image.
    expect(registry.count()).toBeLessThanOrEqual(3);
    expect(await client.probe(registry.host, unbounded())).toMatchObject({
      ok: false,
      reason: 'sign-in-refused',
    });
  });
});

describe('bearer', () => {
  test.each(['token', 'access_token'] as const)(
    'takes %s, once for each repository',
    async (field) => {
      const registry = await start({ kind: 'token', users, field });
      registry.setTag('acme/other', 'v1', 'two');
      const client = clientOf(registry, { credentials: right });
      expect(await look(client, registry)).toMatchObject(isPublished);
      expect(await look(client, registry)).toMatchObject(isPublished);
      expect(await look(client, registry, 'acme/other:v1')).toMatchObject(isPublished);
      // The second repository need not be refused first.
      expect(log(registry)).toEqual([
        'HEAD manifest',
        'GET token',
        'HEAD manifest',
        'HEAD manifest',
        'GET token',
        'HEAD manifest',
      ]);
      expect(registry.requests[1]?.path).toBe(
        '/token?service=fake-registry&scope=repository%3Aacme%2Fapp%3Apull&account=acme',
      );
    },
  );

  test('one token serves all who ask at the same time', async () => {
    const registry = await start({ kind: 'token', users });
    const client = clientOf(registry, { credentials: right });
    const found = await Promise.all(Array.from({ length: 20 }, () => look(client, registry)));
    expect(found.every(({ kind }) => kind === 'published')).toBe(true);
    expect(registry.count({ kind: 'token' })).toBe(1);
  });

  test('one who goes away takes the token from nobody', async () => {
    const registry = await start({ kind: 'token', users });
    const client = clientOf(registry, { credentials: right }, { limits: { attemptMs: 300 } });
    const stop = new AbortController();
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    registry.fault({ kind: 'hang' }, { kind: 'token', times: 1 });
    const gone = client.findDigest(image, stop.signal);
    const stays = look(client, registry);
    await expect.poll(() => registry.count({ kind: 'token' })).toBeGreaterThan(0);
    stop.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    expect(registry.count({ kind: 'token' })).toBe(1);
    expect(await stays).toMatchObject(isPublished);
  });

  test('is anonymous where nothing is configured', async () => {
    const registry = await start({ kind: 'token', users, anonymous: true });
    const client = clientOf(registry);
    expect(await look(client, registry)).toMatchObject(isPublished);
    expect(await client.probe(registry.host, unbounded())).toEqual({
      ok: true,
      signedInAs: null,
      isPlain: true,
    });
    const asked = registry.requests.filter(({ kind }) => kind === 'token');
    expect(asked.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  test('a token is asked for again when its time is over, and before', async () => {
    let now = Date.now();
    const registry = await start({ kind: 'token', users, expiresIn: null });
    const client = clientOf(registry, { credentials: right }, { now: () => now });
    await look(client, registry);
    now += 49_000;
    await look(client, registry);
    expect(registry.count({ kind: 'token' })).toBe(1);
    now += 2_000;
    await look(client, registry);
    expect(registry.count({ kind: 'token' })).toBe(2);
  });

  test('a token that the registry no longer takes is replaced', async () => {
    const registry = await start({ kind: 'token', users });
    const client = clientOf(registry, { credentials: right });
    await look(client, registry);
    registry.forgetTokens();
    expect(await look(client, registry)).toMatchObject(isPublished);
    expect(registry.count({ kind: 'token' })).toBe(2);
  });

  test('a wrong password is told with the host and without the secret', async () => {
    const registry = await start({ kind: 'token', users, anonymous: true });
    const client = clientOf(registry, { credentials: wrong });
    const found = await look(client, registry);
    expect(found).toMatchObject({ kind: 'failed', reason: 'sign-in-refused' });
    expect(JSON.stringify(found)).toContain(`${registry.host} refused the sign-in`);
    expect(JSON.stringify(found)).not.toContain('swordfish');
    // Once for the image and once for none, to learn which of the two was refused.
    expect(registry.count({ kind: 'token' })).toBe(2);
  });

  test('an image that the user may not read is told', async () => {
    const registry = await start({ kind: 'token', users });
    const client = clientOf(registry, { credentials: right });
    const challenge = `Bearer realm="${registry.origin}/token",service="x",scope="repository:a:pull"`;
    const headers = { 'www-authenticate': challenge };
    registry.fault({ kind: 'status', status: 401, headers }, { kind: 'manifest' });
    expect(await look(client, registry)).toMatchObject({
      reason: 'sign-in-refused',
      detail: expect.stringContaining('acme/app') as string,
    });
    expect(registry.count()).toBe(3);
  });

  test('a token server in trouble is tried again', async () => {
    const registry = await start({ kind: 'token', users });
    const client = clientOf(registry, { credentials: right });
    registry.fault({ kind: 'status', status: 502 }, { kind: 'token', times: 2 });
    expect(await look(client, registry)).toMatchObject(isPublished);
    expect(registry.count({ kind: 'token' })).toBe(3);
  });

  test.each([
    ['no JSON', 'hello'],
    ['no token', '{"expires_in": 60}'],
    ['a token that would be more than one header', '{"token":"a\\r\\nx-evil: 1"}'],
    ['more than is read', `{"token":"${'a'.repeat(70_000)}"}`],
  ])('a token server that answers with %s', async (_name, body) => {
    const registry = await start({ kind: 'token', users });
    const client = clientOf(registry, { credentials: right });
    registry.fault({ kind: 'content', body }, { kind: 'token' });
    expect(await look(client, registry)).toMatchObject({ reason: 'malformed' });
    expect(registry.count({ kind: 'token' })).toBe(1);
  });
});

describe('credentials that are refused', () => {
  const manyImages = Array.from({ length: 50 }, (_, index) => `acme/app-${index}:v1`);
  const lookAtAll = (
    client: ReturnType<typeof createTestRegistries>,
    registry: FakeRegistry,
  ): Promise<Lookup[]> => Promise.all(manyImages.map((name) => look(client, registry, name)));
  const signInsAt = (registry: FakeRegistry): number =>
    registry.requests.filter(({ headers }) => headers.authorization?.startsWith('Basic ')).length;

  test.each<[string, FakeSignIn, number]>([
    ['by the registry', { kind: 'basic', users }, 2],
    ['by its token server', { kind: 'token', users }, 2],
  ])('%s are not sent again for each image of a run', async (_name, signIn, most) => {
    let now = Date.now();
    const registry = await start(signIn);
    const client = clientOf(registry, { credentials: wrong }, { now: () => now });
    for (const found of await lookAtAll(client, registry)) {
      expect(found).toMatchObject({
        reason: 'sign-in-refused',
        detail: `${registry.host} refused the sign-in: wrong user name or password`,
      });
    }
    expect(signInsAt(registry)).toBe(most);
    now += 59_000;
    expect(await look(client, registry)).toMatchObject({ reason: 'sign-in-refused' });
    expect(signInsAt(registry)).toBe(most);
    now += 2_000;
    await look(client, registry);
    expect(signInsAt(registry)).toBe(2 * most);
  });

  test.each<[string, FakeSignIn]>([
    ['the registry', { kind: 'basic', users }],
    ['its token server', { kind: 'token', users }],
  ])('at %s are no reason to refuse those of another client', async (_name, signIn) => {
    const registry = await start(signIn);
    await look(clientOf(registry, { credentials: wrong }), registry);
    const client = clientOf(registry, { credentials: right });
    expect(await look(client, registry)).toMatchObject(isPublished);
  });

  test('that are good, and lack the right to an image, still serve the others', async () => {
    const registry = await start({ kind: 'basic', users });
    for (const name of manyImages) registry.setTag(name.slice(0, -3), 'v1', name);
    const headers = { 'www-authenticate': 'Basic realm="fake"' };
    registry.fault({ kind: 'status', status: 401, headers }, { repository: 'acme/app-0' });
    const client = clientOf(registry, { credentials: right });
    const [refused, ...others] = await lookAtAll(client, registry);
    expect(refused).toMatchObject({
      reason: 'sign-in-refused',
      detail: expect.stringContaining('may lack the right to pull') as string,
    });
    expect(others.every(({ kind }) => kind === 'published')).toBe(true);
  });
});

describe('a realm on another host', () => {
  const foreign = async (
    anonymous: boolean,
  ): Promise<{ registry: FakeRegistry; realm: FakeRegistry }> => {
    const realm = await start({ kind: 'token', users, anonymous });
    const origin = realm.origin.replace('127.0.0.1', 'localhost');
    const registry = await start({ kind: 'token', users, realm: `${origin}/token` });
    return { registry, realm };
  };

  test('sees no credentials', async () => {
    const { registry, realm } = await foreign(false);
    const client = clientOf(registry, { credentials: right });
    expect(await look(client, registry)).toMatchObject({
      reason: 'sign-in-refused',
      detail: expect.stringMatching(/credentials were not sent.*signInHosts/) as string,
    });
    expect(realm.requests).toHaveLength(1);
    expect(realm.requests[0]?.headers.authorization).toBeUndefined();
    expect(realm.requests[0]?.path).not.toContain('acme&');
    expect(realm.requests[0]?.path).not.toContain('account');
  });

  test('sees them where the operator allows it', async () => {
    const { registry, realm } = await foreign(false);
    const signInHosts = [realm.host.replace('127.0.0.1', 'localhost')];
    const client = clientOf(registry, { credentials: right, signInHosts });
    await look(client, registry);
    expect(realm.requests[0]?.headers.authorization).toMatch(/^Basic /);
  });

  test('is asked without any for a public image', async () => {
    const { registry, realm } = await foreign(true);
    const client = clientOf(registry);
    await look(client, registry);
    expect(realm.count({ kind: 'token' })).toBeGreaterThan(0);
  });

  test.each([
    'http://169.254.169.254/latest/meta-data/iam',
    'http://metadata.google.internal/token',
    'ftp://example.com/token',
  ])('at %s is not asked', async (realm) => {
    const registry = await start({ kind: 'token', users, realm });
    const client = clientOf(registry, { credentials: right });
    expect(await look(client, registry)).toMatchObject({ reason: 'sign-in-refused' });
    expect(registry.count()).toBe(1);
  });

  test('may not redirect a sign-in elsewhere', async () => {
    const registry = await start({ kind: 'token', users });
    const thief = await start({ kind: 'none' });
    const client = clientOf(registry, { credentials: right });
    registry.fault({ kind: 'redirect', to: `${thief.origin}/token` }, { kind: 'token' });
    expect(await look(client, registry)).toMatchObject({ reason: 'malformed' });
    expect(thief.count()).toBe(0);
  });
});
