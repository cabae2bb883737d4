import { afterEach, describe, expect, test } from 'vitest';
import type { RegistriesOptions } from '../../../src/adapters/registry/registries.ts';
import type { Lookup } from '../../../src/core/image/published.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { createTestRegistries, imageNamed, unbounded } from '../../support/fake-registry/client.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { createTestAuthority } from '../../support/http/test-authority.ts';

const started: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map(({ close }) => close()));
});

const users = { acme: 'hunter2' };
const right = { username: 'acme', password: createSecret('hunter2') };

const start = async (...options: Parameters<typeof startFakeRegistry>): Promise<FakeRegistry> => {
  const registry = await startFakeRegistry(...options);
  started.push(registry);
  for (const name of ['acme/open', 'acme/closed']) registry.setTag(name, 'v1', name);
  return registry;
};

type Told = NonNullable<RegistriesOptions['hosts']>[number];

const clientOf = (
  registry: FakeRegistry,
  told: Partial<Told> = {},
  options: Partial<RegistriesOptions> = {},
) => {
  const hosts = [{ host: registry.host, insecure: true, ...told }];
  const client = createTestRegistries({ hosts, ...options });
  started.push(client);
  const look = (name: string): Promise<Lookup> =>
    client.findDigest(imageNamed(`${registry.host}/${name}:v1`), unbounded());
  return { client, look };
};

const unauthorized = (challenge: string) =>
  ({ kind: 'status', status: 401, headers: { 'www-authenticate': challenge } }) as const;

const isPublished = { kind: 'published' };
/** A port that nothing listens at. */
const DEAD = 'http://127.0.0.1:1/token';

describe('a challenge for one repository leaves the others readable', () => {
  test.each<[string, string, Partial<Told>]>([
    ['basic, and no credentials', 'Basic realm="closed"', {}],
    ['bearer at a token server that is down', `Bearer realm="${DEAD}",service="x"`, {}],
    ['bearer at an address that is never contacted', 'Bearer realm="http://169.254.1.1/token"', {}],
    [
      'bearer at a token server that is down, and credentials',
      `Bearer realm="${DEAD}"`,
      {
        credentials: right,
      },
    ],
    ['a scheme that nobody knows', 'Negotiate', {}],
  ])('%s', async (_name, challenge, told) => {
    const registry = await start();
    registry.fault(unauthorized(challenge), { repository: 'acme/closed' });
    const { look } = clientOf(registry, told);
    expect(await look('acme/closed')).toMatchObject({ kind: 'failed' });
    expect(await look('acme/open')).toMatchObject(isPublished);
    expect(await look('acme/closed')).toMatchObject({ kind: 'failed' });
    expect(await look('acme/open')).toMatchObject(isPublished);
  });

  test('what was learnt of one is wrong at another', async () => {
    const registry = await start({ signIn: { kind: 'token', users, open: ['acme/open'] } });
    const { look } = clientOf(registry, { credentials: right });
    registry.fault({ kind: 'status', status: 403 }, { kind: 'token', query: 'acme%2Fopen' });
    expect(await look('acme/closed')).toMatchObject(isPublished);
    expect(await look('acme/open')).toMatchObject(isPublished);
  });

  test.each([401, 403, 404])('what is shown to another is answered with %i', async (status) => {
    const registry = await start({ signIn: { kind: 'basic', users, open: ['acme/open'] } });
    const { look } = clientOf(registry, { credentials: right });
    registry.fault({ kind: 'status', status }, { repository: 'acme/open', signedIn: true });
    expect(await look('acme/closed')).toMatchObject(isPublished);
    expect(await look('acme/open')).toMatchObject(isPublished);
  });

  test('its token server refuses one of them', async () => {
    const registry = await start({ signIn: { kind: 'token', users } });
    registry.fault({ kind: 'status', status: 401 }, { kind: 'token', query: 'acme%2Fclosed' });
    const { look } = clientOf(registry, { credentials: right });
    expect(await look('acme/closed')).toMatchObject({
      reason: 'sign-in-refused',
      detail: expect.stringContaining('acme/closed') as string,
    });
    expect(await look('acme/open')).toMatchObject(isPublished);
  });

  test('those who wait while its token server fails again and again', async () => {
    const registry = await start();
    for (let index = 0; index < 5; index += 1) {
      const repository = `acme/closed-${index}`;
      registry.fault(unauthorized(`Bearer realm="${DEAD}"`), { repository });
    }
    const { look } = clientOf(registry, { concurrency: 1 });
    const closed = Array.from({ length: 5 }, (_, index) => look(`acme/closed-${index}`));
    expect(await look('acme/open')).toMatchObject(isPublished);
    expect((await Promise.all(closed)).map(({ kind }) => kind)).not.toContain('published');
  });

  test('those who wait while it leads again and again to a host that is down', async () => {
    const registry = await start();
    registry.fault({ kind: 'redirect', to: DEAD }, { repository: 'acme/closed' });
    const { look } = clientOf(registry, { concurrency: 1 });
    const closed = Array.from({ length: 5 }, () => look('acme/closed'));
    expect(await look('acme/open')).toMatchObject(isPublished);
    expect((await Promise.all(closed)).map(({ kind }) => kind)).not.toContain('published');
  });

  test('those who wait while it keeps silent', async () => {
    const registry = await start();
    registry.fault({ kind: 'hang' }, { repository: 'acme/closed' });
    const limits = { attemptMs: 100, lookupMs: 200 };
    const { look } = clientOf(registry, { concurrency: 1 }, { limits });
    const closed = Array.from({ length: 5 }, () => look('acme/closed'));
    expect(await look('acme/open')).toMatchObject(isPublished);
    expect((await Promise.all(closed)).map(({ kind }) => kind)).not.toContain('published');
  });
});

describe('what a registry wanted before', () => {
  test.each<[string, string]>([
    ['a token server that is down', `Bearer realm="${DEAD}"`],
    ['an address that is never contacted', 'Bearer realm="http://169.254.1.1/token"'],
    ['no address', 'Bearer realm="token"'],
  ])('is asked anew when it was %s', async (_name, challenge) => {
    const registry = await start({ signIn: { kind: 'token', users } });
    const scope = ',scope="repository:acme/closed:pull"';
    const repair = registry.fault(unauthorized(challenge + scope), { kind: 'manifest' });
    const { look } = clientOf(registry, { credentials: right });
    expect(await look('acme/closed')).toMatchObject({ kind: 'failed' });
    repair();
    expect(await look('acme/closed')).toMatchObject(isPublished);
    expect(await look('acme/open')).toMatchObject(isPublished);
  });

  test('is forgotten when its token server is gone, and it wants none any more', async () => {
    const tokens = await start({ signIn: { kind: 'token', users } });
    const registry = await start();
    const challenge = `Bearer realm="${tokens.origin}/token",scope="repository:acme/closed:pull"`;
    const open = registry.fault(unauthorized(challenge), { signedIn: false });
    const { look } = clientOf(registry, { credentials: right });
    expect(await look('acme/closed')).toMatchObject(isPublished);
    tokens.forgetTokens();
    tokens.fault({ kind: 'reset' });
    open();
    expect(await look('acme/open')).toMatchObject(isPublished);
    expect(await look('acme/closed')).toMatchObject(isPublished);
  });

  test('is forgotten after an hour', async () => {
    let now = Date.now();
    const registry = await start({ signIn: { kind: 'basic', users } });
    const { look } = clientOf(registry, { credentials: right }, { now: () => now });
    const isShown = (): boolean => registry.requests.at(0)?.headers.authorization !== undefined;
    await look('acme/closed');
    registry.forgetRequests();
    now += 59 * 60_000;
    await look('acme/closed');
    expect(isShown()).toBe(true);
    registry.forgetRequests();
    now += 2 * 60_000;
    expect(await look('acme/closed')).toMatchObject(isPublished);
    expect(isShown()).toBe(false);
  });

  test('does not make a token server that asks for rest be asked twice', async () => {
    const registry = await start({ signIn: { kind: 'token', users } });
    const { look } = clientOf(registry, { credentials: right });
    await look('acme/open');
    const headers = { 'retry-after': '600' };
    registry.fault({ kind: 'status', status: 429, headers }, { kind: 'token' });
    registry.forgetRequests();
    expect(await look('acme/closed')).toMatchObject({ reason: 'rate-limited' });
    expect(registry.count({ kind: 'token' })).toBe(1);
  });

  test('is over HTTP until it speaks TLS', async () => {
    const plain = await start();
    const { client, look } = clientOf(plain, { insecure: false });
    expect(await look('acme/open')).toMatchObject(isPublished);
    await plain.close();
    started.splice(started.indexOf(plain), 1);
    const authority = createTestAuthority();
    const port = Number(plain.host.split(':')[1]);
    const secure = await start({ port, tls: authority.issue(['127.0.0.1']) });
    expect(secure.host).toBe(plain.host);
    await look('acme/open');
    const image = imageNamed(`${secure.host}/acme/open:v1`);
    // Over TLS, where its certificate is not known.
    expect(await client.findDigest(image, unbounded())).toMatchObject({
      detail: expect.stringContaining('certificate') as string,
    });
  });
});
