import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { askCredentialHelper } from '../../../src/adapters/registry/sign-in/credential-helper.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { createTestRegistries, imageNamed, unbounded } from '../../support/fake-registry/client.ts';
import type { FakeSignIn } from '../../support/fake-registry/sign-in.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';

let folder: string;
let configFile: string;
const started: { close: () => Promise<void> }[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-credentials-'));
  configFile = join(folder, 'config.json');
  vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(started.splice(0).map(({ close }) => close()));
  await rm(folder, { recursive: true });
});

const users = { acme: 'hunter2' };
const start = async (signIn: FakeSignIn): Promise<FakeRegistry> => {
  const registry = await startFakeRegistry({ signIn });
  started.push(registry);
  registry.setTag('acme/app', 'v1', 'one');
  return registry;
};

const clientOf = (registry: FakeRegistry): ReturnType<typeof createTestRegistries> => {
  const client = createTestRegistries({ insecure: [registry.host], dockerConfig: configFile });
  started.push(client);
  return client;
};

/** Counts its own calls in a file, so that a test can tell how often it ran. */
const installHelper = async (name: string, script: string): Promise<string> => {
  const calls = join(folder, `${name}.calls`);
  const text = `#!/bin/sh\nread -r server\necho "$1 $server" >> ${calls}\n${script}\n`;
  await writeFile(join(folder, `docker-credential-${name}`), text, { mode: 0o755 });
  return calls;
};

const readCalls = async (file: string): Promise<string[]> => {
  return (await readFile(file, 'utf8')).trim().split('\n');
};

const writeConfig = (config: object): Promise<void> =>
  writeFile(configFile, JSON.stringify(config));
const auth = (user: string, password: string): { auth: string } => ({
  auth: Buffer.from(`${user}:${password}`).toString('base64'),
});

const look = async (client: ReturnType<typeof createTestRegistries>, registry: FakeRegistry) =>
  client.findDigest(imageNamed(`${registry.host}/acme/app:v1`), unbounded());

const readAuth = (text: string | null): unknown =>
  text === null ? null : JSON.parse(Buffer.from(text, 'base64url').toString());

const GOOD = `echo '{"ServerURL":"x","Username":"acme","Secret":"hunter2"}'`;

const anyOf = (registry: string) => ({ registry, repository: 'acme/app' });

describe("Docker's config.json", () => {
  test.each([
    ['as a host', (host: string) => host],
    ['as an address', (host: string) => `https://${host}/v1/`],
  ])('signs in with what stands under auths %s', async (_name, key) => {
    const registry = await start({ kind: 'basic', users });
    await writeConfig({ auths: { [key(registry.host)]: auth('acme', 'hunter2') } });
    const client = clientOf(registry);
    expect(await look(client, registry)).toMatchObject({ kind: 'published' });
    expect(readAuth(await client.updateAuth(anyOf(registry.host), unbounded()))).toEqual({
      username: 'acme',
      password: 'hunter2',
      serveraddress: registry.host,
    });
  });

  test('is read again when it changes', async () => {
    const registry = await start({ kind: 'basic', users });
    await writeConfig({ auths: { [registry.host]: auth('acme', 'old') } });
    const client = clientOf(registry);
    expect(await look(client, registry)).toMatchObject({ reason: 'sign-in-refused' });
    await writeConfig({ auths: { [registry.host]: auth('acme', 'hunter2') } });
    expect(await look(client, registry)).toMatchObject({ kind: 'published' });
  });

  test('knows Docker Hub by its old address', async () => {
    await writeConfig({ auths: { 'https://index.docker.io/v1/': auth('acme', 'hunter2') } });
    const client = clientOf(await start({ kind: 'none' }));
    for (const host of ['docker.io', 'index.docker.io', 'registry-1.docker.io']) {
      expect(readAuth(await client.updateAuth(anyOf(host), unbounded()))).toMatchObject({
        username: 'acme',
        serveraddress: 'https://index.docker.io/v1/',
      });
    }
  });

  test('gives way to what the operator configured', async () => {
    await writeConfig({ auths: { 'r.example.com': auth('acme', 'file') } });
    const password = createSecret('configured');
    const client = createTestRegistries({
      hosts: [{ host: 'r.example.com', credentials: { username: 'ops', password } }],
      dockerConfig: configFile,
    });
    started.push(client);
    expect(readAuth(await client.updateAuth(anyOf('r.example.com'), unbounded()))).toMatchObject({
      username: 'ops',
    });
    expect(await client.updateAuth(anyOf('other.example.com'), unbounded())).toBeNull();
  });

  test('with an identity token gets its tokens by refreshing', async () => {
    const registry = await start({ kind: 'token', users, identityTokens: ['ident'] });
    await writeConfig({ auths: { [registry.host]: { identitytoken: 'ident' } } });
    const client = clientOf(registry);
    expect(await look(client, registry)).toMatchObject({ kind: 'published' });
    expect(registry.count({ method: 'POST', kind: 'token' })).toBe(1);
    expect(readAuth(await client.updateAuth(anyOf(registry.host), unbounded()))).toEqual({
      identitytoken: 'ident',
      serveraddress: registry.host,
    });
  });

  test.each([
    ['that is missing', null, /cannot be read \(ENOENT\)/],
    ['that is no JSON', '{"auths": {"x": {"auth": "c2VjcmV0', /it is not JSON/],
    ['of another shape', '{"auths": ["c2VjcmV0"]}', /auths is not in the format of Docker/],
  ])('%s is told of, without quoting it', async (_name, text, words) => {
    const registry = await start({ kind: 'basic', users });
    if (text !== null) await writeFile(configFile, text);
    const found = await look(clientOf(registry), registry);
    expect(found).toMatchObject({
      reason: 'sign-in-refused',
      detail: expect.stringMatching(words) as string,
    });
    expect(JSON.stringify(found)).not.toContain('c2VjcmV0');
  });
});

describe('a credential helper', () => {
  test('of a host is asked for that host, and not for every lookup', async () => {
    const registry = await start({ kind: 'basic', users });
    const calls = await installHelper('good', GOOD);
    await writeConfig({ auths: { [registry.host]: {} }, credHelpers: { [registry.host]: 'good' } });
    const client = clientOf(registry);
    for (let index = 0; index < 3; index += 1) {
      expect(await look(client, registry)).toMatchObject({ kind: 'published' });
    }
    expect(await readCalls(calls)).toEqual([`get ${registry.host}`]);
    await client.updateAuth(anyOf(registry.host), unbounded());
    expect(await readCalls(calls)).toHaveLength(2);
  });

  test('that stores everything is asked by the names that Docker uses', async () => {
    const calls = await installHelper('store', GOOD);
    await writeConfig({ credsStore: 'store' });
    const client = clientOf(await start({ kind: 'none' }));
    await client.updateAuth(anyOf('docker.io'), unbounded());
    await client.updateAuth(anyOf('r.example.com:5000'), unbounded());
    expect(await readCalls(calls)).toEqual([
      'get https://index.docker.io/v1/',
      'get r.example.com:5000',
    ]);
  });

  test('gives identity tokens under a name of their own', async () => {
    const registry = await start({ kind: 'token', users, identityTokens: ['ident'] });
    await installHelper('token', `echo '{"Username":"<token>","Secret":"ident"}'`);
    await writeConfig({ credsStore: 'token' });
    expect(await look(clientOf(registry), registry)).toMatchObject({ kind: 'published' });
  });

  test('is asked again when its password is refused', async () => {
    const registry = await start({ kind: 'basic', users });
    const flag = join(folder, 'rotated');
    const old = `echo '{"Username":"acme","Secret":"old"}'`;
    const calls = await installHelper(
      'rotating',
      `if [ -e ${flag} ]; then ${GOOD}; else ${old}; fi`,
    );
    await writeConfig({ credsStore: 'rotating' });
    const client = clientOf(registry);
    expect(await look(client, registry)).toMatchObject({ reason: 'sign-in-refused' });
    await writeFile(flag, '');
    expect(await look(client, registry)).toMatchObject({ kind: 'published' });
    expect((await readCalls(calls)).length).toBeLessThanOrEqual(4);
  });

  test('that knows nothing of a host leaves it without credentials', async () => {
    const registry = await start({ kind: 'basic', users });
    await installHelper('empty', 'echo credentials not found in native keychain; exit 1');
    await writeConfig({ credsStore: 'empty' });
    const client = clientOf(registry);
    expect(await look(client, registry)).toMatchObject({
      detail: expect.stringContaining('no credentials are configured') as string,
    });
    expect(await client.updateAuth(anyOf(registry.host), unbounded())).toBeNull();
  });

  test.each([
    ['that is not installed', 'absent', null, /helper absent is not installed/],
    ['that fails', 'fails', 'echo hunter2; echo hunter2 >&2; exit 3', /fails failed \(status 3\)/],
    ['that writes nonsense', 'nonsense', 'echo hunter2', /wrote no credentials/],
    ['that writes without end', 'endless', 'exec yes hunter2', /endless wrote more than 64 KiB/],
    ['whose name is a path', '../../bin/sh', null, /an invalid name/],
  ])('%s is told of, without quoting it', async (_name, helper, script, words) => {
    const registry = await start({ kind: 'basic', users });
    if (script !== null) await installHelper(helper, script);
    await writeConfig({ credsStore: helper });
    const client = clientOf(registry);
    const found = await look(client, registry);
    expect(found).toMatchObject({
      reason: 'sign-in-refused',
      detail: expect.stringMatching(words) as string,
    });
    expect(JSON.stringify(found)).not.toContain('hunter2');
    expect(await client.updateAuth(anyOf(registry.host), unbounded())).toBeNull();
  });

  test('that hangs is ended', async () => {
    await installHelper('hangs', 'sleep 60');
    const before = performance.now();
    expect(await askCredentialHelper('hangs', 'x', unbounded(), 200)).toMatchObject({
      kind: 'failed',
      problem: expect.stringContaining('did not answer within 0.2 s') as string,
    });
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe('credentials for a path', () => {
  const password = (text: string) => createSecret(text);
  const userFor = async (
    client: ReturnType<typeof createTestRegistries>,
    registry: string,
    repository: string,
  ): Promise<unknown> => {
    const text = await client.updateAuth({ registry, repository }, unbounded());
    return (readAuth(text) as { username?: string } | null)?.username ?? null;
  };
  const host = 'gitlab.example:5050';

  test.each([
    ['group/project/app', 'project'],
    ['group/project', 'project'],
    ['group/projects/app', 'group'],
    ['group/other', 'group'],
    ['another/app', 'whole'],
  ])('in registries: %s is read by %s', async (repository, user) => {
    const client = createTestRegistries({
      hosts: [
        {
          host,
          credentials: { username: 'whole', password: password('x') },
          projects: [
            { path: 'group', username: 'group', password: password('x') },
            { path: 'group/project', username: 'project', password: password('x') },
          ],
        },
      ],
    });
    started.push(client);
    expect(await userFor(client, host, repository)).toBe(user);
  });

  test.each([
    ['group/project/app', 'project'],
    ['group/other', 'helper'],
    ['another/app', 'whole'],
  ])('in config.json: %s is read by %s', async (repository, user) => {
    await installHelper('group', `echo '{"Username":"helper","Secret":"x"}'`);
    await writeConfig({
      auths: {
        [`${host}/group/project`]: auth('project', 'x'),
        [host]: auth('whole', 'x'),
        [`${host}/group`]: auth('group', 'x'),
      },
      credHelpers: { [`${host}/group`]: 'group' },
    });
    const client = createTestRegistries({ dockerConfig: configFile });
    started.push(client);
    expect(await userFor(client, host, repository)).toBe(user);
  });

  test('of a project-scoped robot sign in to that project, and to no other', async () => {
    const registry = await start({ kind: 'token', users: { 'robot$shop+cd': 'right' } });
    registry.setTag('shop/web', 'v1', 'one');
    const client = createTestRegistries({
      hosts: [
        {
          host: registry.host,
          insecure: true,
          projects: [{ path: 'shop', username: 'robot$shop+cd', password: password('right') }],
        },
      ],
    });
    started.push(client);
    const find = (name: string) =>
      client.findDigest(imageNamed(`${registry.host}/${name}:v1`), unbounded());
    expect(await find('shop/web')).toMatchObject({ kind: 'published' });
    expect(await find('acme/app')).toMatchObject({
      reason: 'sign-in-refused',
      detail: expect.stringContaining('no credentials are configured') as string,
    });
    expect(await client.probe(`${registry.host}/shop`, unbounded())).toMatchObject({
      ok: true,
      signedInAs: `robot$shop+cd, from registries, ${registry.host}/shop`,
    });
  });
});

describe('config.json as `docker login` writes it today', () => {
  const HUB = 'https://index.docker.io/v1/';
  const entries = [
    [HUB, auth('acme', 'hunter2')],
    [`${HUB}access-token`, auth('acme', 'an-access-token')],
    [`${HUB}refresh-token`, auth('acme', 'a-refresh-token')],
    ['docker.io/acme', auth('project', 'other')],
    ['registry-1.docker.io', auth('alias', 'other')],
    ['docker.io', auth('short', 'other')],
  ] as const;

  test.each([
    ['in that order', entries],
    ['the other way round', entries.toReversed()],
  ])('%s shows the registry nothing but the password', async (_name, some) => {
    await writeConfig({ auths: Object.fromEntries(some) });
    const client = createTestRegistries({ dockerConfig: configFile });
    started.push(client);
    const auths = await Promise.all(
      ['library/nginx', 'other/app', 'acme/app'].map((repository) =>
        client.updateAuth({ registry: 'docker.io', repository }, unbounded()),
      ),
    );
    expect(auths.map(readAuth)).toMatchObject([
      { username: 'acme', password: 'hunter2' },
      { username: 'acme', password: 'hunter2' },
      { username: 'project', password: 'other' },
    ]);
  });

  test('without the password itself has none: its tokens are no passwords', async () => {
    await writeConfig({ auths: Object.fromEntries(entries.slice(1, 3)) });
    const client = createTestRegistries({ dockerConfig: configFile });
    started.push(client);
    expect(await client.updateAuth(anyOf('docker.io'), unbounded())).toBeNull();
  });

  test.each([
    ['auths', { auths: null, credHelpers: null, credsStore: null }],
    ['an entry', { auths: { 'r.example.com': null } }],
    ['its parts', { auths: { 'r.example.com': { auth: null, username: null, password: null } } }],
    ['a helper', { credHelpers: { 'r.example.com': null } }],
  ])('with null for %s is as without', async (_name, config) => {
    await writeConfig(config);
    const client = createTestRegistries({ dockerConfig: configFile });
    started.push(client);
    expect(await client.updateAuth(anyOf('r.example.com'), unbounded())).toBeNull();
    expect(await client.updateAuth(anyOf('docker.io'), unbounded())).toBeNull();
  });

  test('with null for an identity token has the password', async () => {
    const entry = { ...auth('acme', 'hunter2'), identitytoken: null };
    await writeConfig({ auths: { 'r.example.com': entry } });
    const client = createTestRegistries({ dockerConfig: configFile });
    started.push(client);
    expect(readAuth(await client.updateAuth(anyOf('r.example.com'), unbounded()))).toMatchObject({
      password: 'hunter2',
    });
  });

  test('with a path alone is taken for the host, as Docker does', async () => {
    await writeConfig({ auths: { 'r.example.com/group': auth('acme', 'hunter2') } });
    const client = createTestRegistries({ dockerConfig: configFile });
    started.push(client);
    expect(readAuth(await client.updateAuth(anyOf('r.example.com'), unbounded()))).toMatchObject({
      username: 'acme',
    });
  });
});
