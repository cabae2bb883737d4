import { describe, expect, test } from 'vitest';
import { createSecret } from '../../../src/core/secret.ts';
import { createTestAuthority } from '../../support/http/test-authority.ts';
import { createTestRegistries, imageNamed, unbounded } from '../../support/fake-registry/client.ts';
import { startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';

const authority = createTestAuthority();
const server = authority.issue(['127.0.0.1']);

describe('over TLS', () => {
  test('a registry with a certificate of an own authority is asked once that is given', async () => {
    const registry = await startFakeRegistry({ tls: server });
    const digest = registry.setTag('acme/app', 'v1', 'one');
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    const tls = { ca: authority.ca, cert: null, key: null };
    await using registries = createTestRegistries({ hosts: [{ host: registry.host, tls }] });
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest });

    await using strangers = createTestRegistries();
    expect(await strangers.findDigest(image, unbounded())).toMatchObject({
      reason: 'unreachable',
      detail: expect.stringMatching(
        /certificate that is not trusted.*ca of this registry/,
      ) as string,
    });
    expect(registry.count()).toBe(1);
    await registry.close();
  });

  test('a certificate for another name is not trusted', async () => {
    const registry = await startFakeRegistry({ tls: authority.issue(['other.example.com']) });
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    const tls = { ca: authority.ca, cert: null, key: null };
    await using registries = createTestRegistries({ hosts: [{ host: registry.host, tls }] });
    expect(await registries.findDigest(image, unbounded())).toMatchObject({
      reason: 'unreachable',
      detail: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') as string,
    });
    expect(registry.count()).toBe(0);
    await registry.close();
  });

  test('a client certificate is shown to the registry, and to nobody that it redirects to', async () => {
    const client = authority.issue(['client']);
    const registry = await startFakeRegistry({ tls: { ...server, ca: authority.ca } });
    const elsewhere = await startFakeRegistry({ tls: { ...server, ca: authority.ca } });
    const digest = registry.setTag('acme/app', 'v1', 'one');
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    const tls = { ca: authority.ca, cert: client.cert, key: createSecret(client.key) };
    await using registries = createTestRegistries({ hosts: [{ host: registry.host, tls }] });
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest });

    registry.fault({ kind: 'redirect', to: `${elsewhere.origin}/v2/acme/app/manifests/v1` });
    elsewhere.setTag('acme/app', 'v1', 'one');
    const redirected = await registries.findDigest(image, unbounded());
    expect(redirected).toMatchObject({ kind: 'failed' });
    expect(elsewhere.count()).toBe(0);

    registry.forgetRequests();
    const without = { ca: authority.ca, cert: null, key: null };
    await using strangers = createTestRegistries({
      hosts: [{ host: registry.host, tls: without }],
    });
    expect(await strangers.findDigest(image, unbounded())).toMatchObject({ kind: 'failed' });
    expect(registry.count()).toBe(0);
    await Promise.all([registry.close(), elsewhere.close()]);
  });

  test('a client certificate is not shown where a sign-in is sent to', async () => {
    const client = authority.issue(['client']);
    const realm = await startFakeRegistry({
      tls: { ...server, ca: authority.ca },
      signIn: { kind: 'token', users: {}, anonymous: true },
    });
    const registry = await startFakeRegistry({
      tls: { ...server, ca: authority.ca },
      signIn: { kind: 'token', users: {}, anonymous: true, realm: `${realm.origin}/token` },
    });
    registry.setTag('acme/app', 'v1', 'one');
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    const tls = { ca: authority.ca, cert: client.cert, key: createSecret(client.key) };
    await using registries = createTestRegistries({ hosts: [{ host: registry.host, tls }] });
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ kind: 'failed' });
    expect(registry.count({ kind: 'manifest' })).toBeGreaterThan(0);
    expect(realm.count()).toBe(0);
    await Promise.all([registry.close(), realm.close()]);
  });

  test('where HTTPS is expected and HTTP is spoken, it says so and sends nothing', async () => {
    const registry = await startFakeRegistry();
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    const tls = { ca: authority.ca, cert: null, key: null };
    await using registries = createTestRegistries({ hosts: [{ host: registry.host, tls }] });
    expect(await registries.findDigest(image, unbounded())).toMatchObject({
      reason: 'unreachable',
      detail: expect.stringContaining('does not speak TLS') as string,
    });
    expect(registry.count()).toBe(0);
    await registry.close();
  });
});
