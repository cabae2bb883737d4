import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensurePackages } from '../../../sandbox/machine/packages.ts';
import { good } from '../../../sandbox/image/sample.ts';
import { createPusher } from '../../../sandbox/registry/push.ts';
import { readAccessLog } from '../../../sandbox/registry/access-log.ts';
import { type RunningRegistry, startRegistry } from '../../../sandbox/registry/start-registry.ts';
import type { RegistryHost } from '../../../src/adapters/registry/wire/registry-host.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { createTestAuthority } from '../../support/http/test-authority.ts';
import { createTestRegistries, imageNamed, unbounded } from '../../support/fake-registry/client.ts';
import { pushContent } from '../../support/fake-registry/push.ts';
import { IMAGE_FORMS } from '../../support/fake-registry/image-forms.ts';
import { startTokenServer } from '../../support/fake-registry/token-server.ts';

const run = promisify(execFile);
const LIMITS = { attemptMs: 5_000, lookupMs: 15_000 };

let folder: string;
let plain: RunningRegistry;
beforeAll(async () => {
  const tell = (line: string): unknown => process.stderr.write(`${line}\n`);
  await ensurePackages(tell, undefined, { skopeo: 'skopeo' });
  folder = await mkdtemp(join(tmpdir(), 'registry-real-'));
  plain = await startRegistry({ folder });
  for (const { name, content } of IMAGE_FORMS) {
    await pushContent(plain.url, `forms/${name}`, 'v1', content);
  }
});
afterAll(async () => {
  await plain.stop();
  await rm(folder, { recursive: true });
});

describe('a real registry, and skopeo beside us', () => {
  /** What skopeo finds at the tag, byte for byte. */
  const inspect = async (name: string): Promise<string> => {
    const address = `docker://${plain.host}/forms/${name}:v1`;
    const args = ['inspect', '--raw', '--tls-verify=false', address];
    const { stdout } = await run('skopeo', args, { encoding: 'buffer', timeout: 30_000 });
    return `sha256:${createHash('sha256').update(stdout).digest('hex')}`;
  };

  test.each(IMAGE_FORMS)('$name: both find the same digest', async (form) => {
    await using registries = createTestRegistries({ insecure: [plain.host], limits: LIMITS });
    const image = imageNamed(`${plain.host}/forms/${form.name}:v1`);
    const { mediaType } = form.content;
    const found = await registries.findDigest(image, unbounded());
    expect(found).toEqual({ kind: 'published', digest: await inspect(form.name), mediaType });

    const read = await registries.readManifest(image, form.content.digest, unbounded());
    expect(read).toMatchObject({ kind: 'manifest', manifest: { members: form.members } });
    expect(await registries.readPlatforms(image, form.content.digest, unbounded())).toEqual(
      form.platforms,
    );
  });

  test('an image of the withdrawn first version: skopeo reads it, and we say what it is', async () => {
    const old = await startRegistry({
      folder: join(folder, 'old'),
      config: { compatibility: { schema1: { enabled: true } } },
    });
    try {
      await createPusher({ url: old.url }).pushImage('forms/old', 'v2', good('old'));
      const [from, to] = ['v2', 'v1'].map((tag) => `docker://${old.host}/forms/old:${tag}`);
      const tls = ['--src-tls-verify=false', '--dest-tls-verify=false'];
      await run('skopeo', ['copy', ...tls, '--format', 'v2s1', `${from}`, `${to}`]);
      const { stdout } = await run('skopeo', ['inspect', '--raw', '--tls-verify=false', `${to}`]);
      expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1 });
      await using registries = createTestRegistries({ insecure: [old.host], limits: LIMITS });
      const found = await registries.findDigest(
        imageNamed(`${old.host}/forms/old:v1`),
        unbounded(),
      );
      expect(found).toMatchObject({
        kind: 'failed',
        reason: 'malformed',
        detail: expect.stringContaining('version 1, which has been withdrawn') as string,
      });
    } finally {
      await old.stop();
    }
  });

  test('a lookup is one HEAD, and the facts of an image are read', async () => {
    await using registries = createTestRegistries({ insecure: [plain.host], limits: LIMITS });
    const image = imageNamed(`${plain.host}/forms/oci-image:v1`);
    const before = (await readAccessLog(plain.accessLog)).length;
    const found = await registries.findDigest(image, unbounded());
    if (found.kind === 'failed') throw new Error(found.detail);
    const since = async () => (await readAccessLog(plain.accessLog)).slice(before);
    await expect.poll(since).toMatchObject([{ method: 'HEAD', status: 200 }]);
    expect(await registries.readBuildFacts(image, found.digest, unbounded())).toMatchObject({
      version: 'v1.3.0',
    });
    const gone = await registries.findDigest({ ...image, tag: 'gone' }, unbounded());
    expect(gone).toMatchObject({ kind: 'failed', reason: 'tag-gone' });
  });
});

describe('over TLS with an own authority', () => {
  const authority = createTestAuthority();
  const tls = { ca: authority.ca, cert: null, key: null };
  const right = { username: 'acme', password: createSecret('hunter2') };
  const wrong = { username: 'acme', password: createSecret('swordfish') };

  const certificates = async (): Promise<{ certificate: string; key: string }> => {
    const { cert, key } = authority.issue(['127.0.0.1']);
    const files = { certificate: join(folder, 'server.pem'), key: join(folder, 'server.key') };
    await writeFile(files.certificate, cert);
    await writeFile(files.key, key);
    return files;
  };

  /** Starts a registry that keeps what was pushed to the plain one. */
  const startGuarded = async (auth: object): Promise<RunningRegistry> =>
    startRegistry({
      folder: join(folder, 'guarded'),
      http: { tls: await certificates() },
      config: { auth, storage: { filesystem: { rootdirectory: join(folder, 'storage') } } },
    });

  const behaves = async (registry: RunningRegistry): Promise<void> => {
    const content = IMAGE_FORMS.find(({ name }) => name === 'oci-index')?.content;
    expect(content).toBeDefined();
    const image = imageNamed(`${registry.host}/forms/oci-index:v1`);
    const client = (told: Partial<RegistryHost>) =>
      createTestRegistries({ hosts: [{ host: registry.host, ...told }], limits: LIMITS });

    await using welcome = client({ tls, credentials: right });
    expect(await welcome.probe(registry.host, unbounded())).toMatchObject({
      ok: true,
      isPlain: false,
    });
    expect(await welcome.findDigest(image, unbounded())).toMatchObject({ digest: content?.digest });

    for (const told of [{ tls, credentials: wrong }, { tls }]) {
      await using refused = client(told);
      const found = await refused.findDigest(image, unbounded());
      expect(found).toMatchObject({ kind: 'failed', reason: 'sign-in-refused' });
      expect(JSON.stringify(found)).toContain(registry.host);
      expect(JSON.stringify(found)).not.toContain('swordfish');
      expect(await refused.probe(registry.host, unbounded())).toMatchObject({ ok: false });
    }

    await using stranger = client({ credentials: right });
    expect(await stranger.findDigest(image, unbounded())).toMatchObject({ reason: 'unreachable' });
  };

  test('a registry that knows its users by htpasswd', async () => {
    const path = join(folder, 'htpasswd');
    await writeFile(path, 'acme:$2y$05$abcdefghijklmnopqrstuuoXuKqgZXLiJqzfmMXDDhSFPIvxV7t8.\n');
    const registry = await startGuarded({ htpasswd: { realm: 'sandbox', path } });
    try {
      await behaves(registry);
    } finally {
      await registry.stop();
    }
  });

  test('a registry that wants tokens', async () => {
    const roots = join(folder, 'roots.pem');
    await writeFile(roots, authority.ca);
    const known = { issuer: 'issuer of a test', service: 'sandbox' };
    const tokens = await startTokenServer({
      ...known,
      tls: authority.issue(['127.0.0.1']),
      signer: authority.issue(['tokens']),
      users: { acme: 'hunter2' },
    });
    const registry = await startGuarded({
      token: { realm: tokens.realm, ...known, rootcertbundle: roots },
    });
    try {
      await behaves(registry);
    } finally {
      await registry.stop();
      await tokens.close();
    }
  });
});
