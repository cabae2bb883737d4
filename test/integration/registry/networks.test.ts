import { afterEach, describe, expect, test } from 'vitest';
import { createChannels } from '../../../src/adapters/notify/channels.ts';
import type { RegistriesOptions } from '../../../src/adapters/registry/registries.ts';
import type { Lookup } from '../../../src/core/image/published.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { createFetchKeys } from '../../../src/intake/fetch-keys.ts';
import { createKeyConnections } from '../../../src/wiring/key-connections.ts';
import { createTestRegistries, imageNamed, unbounded } from '../../support/fake-registry/client.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import {
  type ForwardProxyOptions,
  startForwardProxy,
} from '../../support/proxies/forward-proxy.ts';
import { createTestAuthority } from '../../support/http/test-authority.ts';

const started: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map(({ close }) => close()));
});
const keep = <T extends { close: () => Promise<void> }>(one: T): T => {
  started.push(one);
  return one;
};

const authority = createTestAuthority();
const tls = authority.issue(['127.0.0.1', 'registry.test']);
const trusted = { ca: authority.ca, cert: null, key: null };
const users = { acme: 'hunter2' };
const right = { username: 'acme', password: createSecret('hunter2') };
const isPublished = { kind: 'published' };

const start = async (options: Parameters<typeof startFakeRegistry>[0] = {}) => {
  const registry = keep(await startFakeRegistry(options));
  registry.setTag('acme/app', 'v1', 'one');
  return registry;
};
const proxyTo = async (options: ForwardProxyOptions) => keep(await startForwardProxy(options));
const look = (options: Partial<RegistriesOptions>, host: string): Promise<Lookup> => {
  const client = keep(createTestRegistries(options));
  return client.findDigest(imageNamed(`${host}/acme/app:v1`), unbounded());
};
const through = (url: string, bypass = '') => ({
  https: createSecret(url),
  http: createSecret(url),
  bypass,
});

describe('a proxy of the environment', () => {
  test('is asked for registries that only it can resolve, and for their token servers', async () => {
    const registry = await start({
      tls,
      signIn: { kind: 'token', users, realm: 'https://registry.test/token' },
    });
    const proxy = await proxyTo({ leads: { 'registry.test:443': registry.host } });
    const hosts = [{ host: 'registry.test', tls: trusted, credentials: right }];
    const options = { hosts, proxies: through(proxy.url) };
    expect(await look(options, 'registry.test')).toMatchObject(isPublished);
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT registry.test:443']));
    expect(registry.count({ kind: 'token' })).toBe(1);
  });

  test('is shown its password, and no registry is', async () => {
    const registry = await start({ tls });
    const leads = { 'registry.test:443': registry.host };
    const proxy = await proxyTo({ leads, user: 'proxy-user:proxy-password' });
    const hosts = [{ host: 'registry.test', tls: trusted }];
    expect(await look({ hosts, proxies: through(proxy.url) }, 'registry.test')).toMatchObject(
      isPublished,
    );
    expect(JSON.stringify(registry.requests)).not.toMatch(/proxy-auth/i);
  });

  test('is asked over HTTP with whole addresses', async () => {
    const registry = await start();
    const proxy = await proxyTo({ leads: { 'registry.test:5000': registry.host } });
    const hosts = [{ host: 'registry.test:5000', insecure: true }];
    expect(await look({ hosts, proxies: through(proxy.url) }, 'registry.test:5000')).toMatchObject(
      isPublished,
    );
    expect(proxy.asked).toContain('HEAD http://registry.test:5000/v2/acme/app/manifests/v1');
  });

  test.each<[string, (host: string) => Partial<RegistriesOptions>]>([
    ['this machine', () => ({})],
    ['what NO_PROXY names', () => ({ proxies: through('http://127.0.0.1:1', '127.0.0.0/8') })],
    [
      'a registry whose proxy is none',
      (host) => ({
        hosts: [{ host, insecure: true, proxy: 'none' }],
      }),
    ],
  ])('is not asked for %s', async (_name, told) => {
    const registry = await start();
    const options = { insecure: [registry.host], proxies: through('http://127.0.0.1:1') };
    expect(await look({ ...options, ...told(registry.host) }, registry.host)).toMatchObject(
      isPublished,
    );
  });

  test.each([
    ['refuses connections', null, 'it cannot be reached (ECONNREFUSED)'],
    ['refuses the host', { refuse: 403 }, 'it answered 403'],
    ['wants a password', { user: 'a:b' }, 'it answered 407'],
  ])('that %s is named', async (_name, options, words) => {
    const proxy = options === null ? null : await proxyTo(options);
    const host = proxy?.host ?? '127.0.0.1:1';
    const found = await look({ proxies: through(`http://x:secret-word@${host}`) }, 'registry.test');
    expect(found).toMatchObject({
      reason: 'unreachable',
      detail: expect.stringContaining(`registry.test is asked through the proxy ${host}`) as string,
    });
    expect(JSON.stringify(found)).toContain(words);
    expect(JSON.stringify(found)).not.toContain('secret-word');
  });

  test('does not lead to an address that is never asked', async () => {
    const proxy = await proxyTo({});
    const proxies = through(proxy.url);
    for (const host of ['169.254.169.254', 'metadata.google.internal']) {
      expect(await look({ proxies, insecure: [host] }, host)).toMatchObject({
        reason: 'unreachable',
        detail: expect.stringContaining('never contacted') as string,
      });
    }
    expect(proxy.asked).toEqual([]);
  });

  test('is asked for receivers of notifications and for keys', async () => {
    const receiver = await start();
    const proxy = await proxyTo({ leads: { 'receiver.test:80': receiver.host } });
    const channels = keep(
      createChannels({
        channels: [
          {
            name: 'hook',
            type: 'webhook',
            url: createSecret('http://receiver.test/events'),
            secret: null,
            logs: false,
            approve: null,
            states: null,
            clusters: null,
            stacks: null,
            services: null,
          },
        ],
        proxies: through(proxy.url),
        source: 'test',
      }),
    );
    const message = { id: 'one', notices: [], deployments: [] } as never;
    await channels.list[0]?.send(message, unbounded()).catch(() => undefined);
    const fetchKeys = createFetchKeys(createKeyConnections(through(proxy.url)));
    await fetchKeys('http://receiver.test/keys', unbounded()).catch(() => undefined);
    expect(proxy.asked).toContain('GET http://receiver.test/keys');
  });
});

describe('a proxy of one registry', () => {
  test('is asked whatever the environment says', async () => {
    const registry = await start();
    const proxy = await proxyTo({});
    const told = { host: registry.host, insecure: true, proxy: createSecret(proxy.url) };
    const proxies = through('http://127.0.0.1:1', '*');
    expect(await look({ hosts: [told], proxies }, registry.host)).toMatchObject(isPublished);
    expect(proxy.asked.length).toBeGreaterThan(0);
  });
});

describe('an insecure registry', () => {
  const insecure = (registry: FakeRegistry) => ({
    hosts: [{ host: registry.host, insecure: true, credentials: right }],
  });

  test('is asked over HTTPS whoever signed its certificate, its token server too', async () => {
    const registry = await start({ tls, signIn: { kind: 'token', users } });
    expect(await look(insecure(registry), registry.host)).toMatchObject(isPublished);
    expect(registry.requests.length).toBeGreaterThan(0);
  });

  test('is asked over HTTP where nothing there speaks TLS, which is found out once', async () => {
    const registry = await start({ signIn: { kind: 'basic', users } });
    const client = keep(createTestRegistries(insecure(registry)));
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    for (let round = 0; round < 6; round += 1) {
      expect(await client.findDigest(image, unbounded())).toMatchObject(isPublished);
    }
    expect(registry.connections()).toBeLessThanOrEqual(3);
  });

  test('that spoke TLS once is sent nothing over HTTP when it does no more', async () => {
    const registry = await start({ tls, signIn: { kind: 'basic', users } });
    const client = keep(createTestRegistries(insecure(registry)));
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    expect(await client.findDigest(image, unbounded())).toMatchObject(isPublished);
    await registry.close();
    started.splice(started.indexOf(registry), 1);
    const port = Number(registry.host.split(':')[1]);
    const thief = await start({ port, signIn: { kind: 'basic', users } });
    expect(await client.findDigest(image, unbounded())).toMatchObject({ reason: 'unreachable' });
    expect(thief.requests).toEqual([]);
  });

  test('is told of with its credentials by a probe', async () => {
    const plain = await start({ signIn: { kind: 'basic', users } });
    const client = keep(createTestRegistries(insecure(plain)));
    expect(await client.probe(plain.host, unbounded())).toEqual({
      ok: true,
      signedInAs: `acme, from registries, ${plain.host}`,
      isPlain: true,
    });
  });
});

describe('tls.skipVerify', () => {
  test('takes any certificate, and no HTTP', async () => {
    const registry = await start({ tls });
    const told = { ca: null, cert: null, key: null, skipVerify: true };
    const hosts = [{ host: registry.host, tls: told }];
    expect(await look({ hosts }, registry.host)).toMatchObject(isPublished);
    const plain = await start();
    const others = [{ host: plain.host, tls: told }];
    expect(await look({ hosts: others }, plain.host)).toMatchObject({
      reason: 'unreachable',
      detail: expect.stringContaining('does not speak TLS') as string,
    });
  });

  test('says nothing of the hosts that the registry leads to', async () => {
    const elsewhere = await start({ tls: authority.issue(['localhost']) });
    const registry = await start({ tls });
    const to = elsewhere.origin.replace('127.0.0.1', 'localhost');
    registry.fault({ kind: 'redirect', to: `${to}/v2/acme/app/manifests/v1` });
    const hosts = [
      { host: registry.host, tls: { ca: null, cert: null, key: null, skipVerify: true } },
    ];
    expect(await look({ hosts }, registry.host)).toMatchObject({
      detail: expect.stringContaining('not trusted') as string,
    });
  });
});
