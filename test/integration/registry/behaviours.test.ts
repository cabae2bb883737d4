import { afterEach, describe, expect, test } from 'vitest';
import { ATTEMPT_MS } from '../../../src/adapters/registry/wire/registry-host.ts';
import type { RegistriesOptions } from '../../../src/adapters/registry/registries.ts';
import { createRegistries } from '../../../src/adapters/registry/registries.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { Lookup } from '../../../src/core/image/published.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { createTestRegistries, imageNamed, unbounded } from '../../support/fake-registry/client.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import {
  REGISTRY_BEHAVIOURS,
  REPOSITORY,
  startBehaving,
  USERS,
} from '../../support/fake-registry/registry-behaviours.ts';
import { createTestAuthority } from '../../support/http/test-authority.ts';

const started: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map(({ close }) => close()));
});

const keep = <T extends { close: () => Promise<void> }>(one: T): T => {
  started.push(one);
  return one;
};

const right = { username: 'acme', password: createSecret('hunter2') };

type Told = NonNullable<RegistriesOptions['hosts']>[number];

const clientOf = (hosts: readonly Told[], options: Partial<RegistriesOptions> = {}) =>
  keep(createTestRegistries({ hosts, ...options }));

const look = (client: ReturnType<typeof clientOf>, host: string): Promise<Lookup> =>
  client.findDigest(imageNamed(`${host}/${REPOSITORY}:v1`), unbounded());

const isPublished = { kind: 'published' };

describe('a registry that answers', () => {
  test.each(REGISTRY_BEHAVIOURS)('$name is understood', async (behaviour) => {
    const registry = keep(await startBehaving(behaviour));
    const { host } = registry;
    const credentials = behaviour.isSignedIn === true ? right : null;
    const client = clientOf([{ host, insecure: true, credentials }]);
    expect(await look(client, host)).toMatchObject(isPublished);
    expect(await look(client, host)).toMatchObject(isPublished);
  });
});

describe('what it wants in general', () => {
  const start = async (): Promise<FakeRegistry> => {
    const signIn = { kind: 'basic', users: USERS } as const;
    const registry = keep(await startFakeRegistry({ signIn }));
    registry.fault({ kind: 'status', status: 404 }, { kind: 'manifest', signedIn: false });
    return registry;
  };

  test('is asked for once a host, and not where a tag is gone', async () => {
    const registry = await start();
    const client = clientOf([{ host: registry.host, insecure: true, credentials: right }]);
    const names = Array.from({ length: 10 }, (_, index) => `acme/app-${index}`);
    for (const name of names) registry.setTag(name, 'v1', name);
    const found = await Promise.all(
      names.map((name) =>
        client.findDigest(imageNamed(`${registry.host}/${name}:v1`), unbounded()),
      ),
    );
    expect(found.map(({ kind }) => kind)).toEqual(names.map(() => 'published'));
    // Once to learn it, and once with the password, where that is refused.
    expect(registry.count({ kind: 'ping' })).toBe(1);
    expect(await look(client, registry.host)).toMatchObject({ reason: 'tag-gone' });
    expect(registry.count({ kind: 'ping' })).toBe(1);
  });

  test('is told where no credentials are configured', async () => {
    const registry = await start();
    const client = clientOf([{ host: registry.host, insecure: true }]);
    expect(await look(client, registry.host)).toMatchObject({
      reason: 'tag-gone',
      detail: expect.stringContaining('no credentials are configured') as string,
    });
  });

  test('brings a wrong password to light', async () => {
    const registry = await start();
    const wrong = { username: 'acme', password: createSecret('swordfish') };
    const client = clientOf([{ host: registry.host, insecure: true, credentials: wrong }]);
    expect(await look(client, registry.host)).toMatchObject({
      reason: 'sign-in-refused',
      detail: expect.stringContaining('wrong user name or password') as string,
    });
  });
});

describe('a tag that is gone', () => {
  test('costs no pull, and a GET before it is called so', async () => {
    const registry = keep(await startFakeRegistry());
    const client = clientOf([{ host: registry.host, insecure: true }]);
    expect(await look(client, registry.host)).toMatchObject({ reason: 'tag-gone' });
    expect(registry.requests.map(({ method, kind }) => `${method} ${kind}`)).toEqual([
      'HEAD manifest',
      'GET ping',
      'GET manifest',
    ]);
  });

  test('is answered by the GET where both answer', async () => {
    const registry = keep(await startFakeRegistry());
    registry.fault({ kind: 'status', status: 500 }, { method: 'HEAD' });
    const client = clientOf([{ host: registry.host, insecure: true }]);
    expect(await look(client, registry.host)).toMatchObject({ reason: 'tag-gone' });
  });
});

describe('a slow registry', () => {
  test('has longer for its answers than people wait for pages', () => {
    expect(ATTEMPT_MS).toBe(15_000);
  });

  test('is waited for as long as is configured, request by request', async () => {
    const signIn = { kind: 'token', users: USERS } as const;
    const registry = keep(await startFakeRegistry({ signIn, latencyMs: 400 }));
    registry.setTag(REPOSITORY, 'v1', 'one');
    const told = { host: registry.host, insecure: true, credentials: right };
    const clientWith = (timeoutMs: number) =>
      keep(
        createRegistries({
          hosts: [{ ...told, timeoutMs }],
          log: silentLog,
          now: Date.now,
          limits: { tries: 1 },
        }),
      );
    const image = imageNamed(`${registry.host}/${REPOSITORY}:v1`);
    expect(await clientWith(200).findDigest(image, unbounded())).toMatchObject({
      reason: 'unreachable',
      detail: expect.stringContaining('did not answer within 0.2 s') as string,
    });
    expect(await clientWith(2_000).findDigest(image, unbounded())).toMatchObject(isPublished);
  });
});

describe('a body in an encoding', () => {
  const fetchWith = async (body: string, encoding: string): Promise<Lookup> => {
    const registry = keep(await startFakeRegistry());
    registry.fault({ kind: 'status', status: 405 }, { method: 'HEAD' });
    registry.fault({ kind: 'content', body, headers: { 'content-encoding': encoding } });
    return look(clientOf([{ host: registry.host, insecure: true }]), registry.host);
  };

  test.each([
    ['that nobody knows', '{}', 'zip', 'an unknown encoding'],
    ['that it is not in', '{}', 'gzip', 'not in the encoding that it names'],
    ['of encodings', '{}', 'gzip, gzip, gzip', 'an unknown encoding'],
  ])('%s is refused', async (_name, body, encoding, words) => {
    expect(await fetchWith(body, encoding)).toMatchObject({
      reason: 'malformed',
      detail: expect.stringContaining(words) as string,
    });
  });

  test('is asked for as it is', async () => {
    const registry = keep(await startFakeRegistry());
    await look(clientOf([{ host: registry.host, insecure: true }]), registry.host);
    expect(registry.requests[0]?.headers['accept-encoding']).toBe('identity');
  });
});

describe('over TLS', () => {
  const authority = createTestAuthority();
  const tls = authority.issue(['127.0.0.1', 'localhost']);
  const trusted = { ca: authority.ca, cert: null, key: null };
  const secure = (signIn: Parameters<typeof startFakeRegistry>[0] = {}): Promise<FakeRegistry> =>
    startFakeRegistry({ tls, ...signIn }).then(keep);

  describe('a front that leads to another registry', () => {
    const start = async (): Promise<{ front: FakeRegistry; behind: FakeRegistry }> => {
      const behind = await secure({ signIn: { kind: 'token', users: USERS } });
      behind.setTag(REPOSITORY, 'v1', 'one');
      const front = await secure();
      front.fault({ kind: 'redirect', to: `${behind.origin}/v2/${REPOSITORY}/manifests/v1` });
      return { front, behind };
    };

    test('is followed, and signed in to with the credentials of just that host', async () => {
      const { front, behind } = await start();
      const client = clientOf([
        { host: front.host, tls: trusted, credentials: { ...right, username: 'front' } },
        { host: behind.host, tls: trusted, credentials: right },
      ]);
      expect(await look(client, front.host)).toMatchObject(isPublished);
      expect(await look(client, front.host)).toMatchObject(isPublished);
      const account = behind.requests.find(({ kind }) => kind === 'token')?.path;
      expect(account).toContain('account=acme');
      expect(JSON.stringify(behind.requests)).not.toContain('front');
      expect(front.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    });

    test('gets no credentials of its own sent there', async () => {
      const { front, behind } = await start();
      const client = clientOf([
        { host: front.host, tls: trusted, credentials: right },
        { host: behind.host, tls: trusted },
      ]);
      expect(await look(client, front.host)).toMatchObject({
        reason: 'sign-in-refused',
        detail: expect.stringContaining(behind.host) as string,
      });
      expect(behind.requests.every(({ headers }) => headers.authorization === undefined)).toBe(
        true,
      );
    });
  });

  describe('a realm that says http', () => {
    test('is tried over HTTPS first', async () => {
      const registry = await secure({ signIn: { kind: 'token', users: USERS } });
      registry.setTag(REPOSITORY, 'v1', 'one');
      const realm = `http://${registry.host}/token`;
      const challenge = `Bearer realm="${realm}",scope="repository:${REPOSITORY}:pull"`;
      registry.fault(
        { kind: 'status', status: 401, headers: { 'www-authenticate': challenge } },
        { kind: 'manifest', signedIn: false },
      );
      const client = clientOf([{ host: registry.host, tls: trusted, credentials: right }]);
      expect(await look(client, registry.host)).toMatchObject(isPublished);
    });

    test('gets no credentials over HTTP, and is told what to change', async () => {
      const tokens = keep(await startFakeRegistry({ signIn: { kind: 'token', users: USERS } }));
      const registry = await secure();
      const challenge = `Bearer realm="${tokens.origin}/token",service="x"`;
      registry.fault(
        { kind: 'status', status: 401, headers: { 'www-authenticate': challenge } },
        { kind: 'manifest' },
      );
      const client = clientOf([{ host: registry.host, tls: trusted, credentials: right }]);
      expect(await look(client, registry.host)).toMatchObject({
        reason: 'sign-in-refused',
        detail: expect.stringContaining('its realm is http://; set its external URL') as string,
      });
      expect(tokens.requests.every(({ headers }) => headers.authorization === undefined)).toBe(
        true,
      );
    });
  });
});
