import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Digest } from '../../../src/core/image/digest.ts';
import { createTestRegistries, imageNamed, unbounded } from '../../support/fake-registry/client.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { IMAGE_FORMS } from '../../support/fake-registry/image-forms.ts';

let registry: FakeRegistry;
beforeEach(async () => {
  registry = await startFakeRegistry();
});
afterEach(() => registry.close());

describe('findDigest', () => {
  test.each(IMAGE_FORMS)('of $name takes one HEAD and nothing else', async ({ content }) => {
    await using registries = createTestRegistries({ insecure: [registry.host] });
    const digest = registry.setTag('acme/team/app', 'v1', content);
    const image = imageNamed(`${registry.host}/acme/team/app:v1`);
    expect(await registries.findDigest(image, unbounded())).toEqual({
      kind: 'published',
      digest,
      mediaType: content.mediaType,
    });
    expect(registry.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'HEAD /v2/acme/team/app/manifests/v1',
    ]);
  });

  test('asks for the tag, whatever digest the service runs', async () => {
    await using registries = createTestRegistries({ insecure: [registry.host] });
    const old = `sha256:${'0'.repeat(64)}`;
    const digest = registry.setTag('acme/app', 'v1', 'new');
    const image = imageNamed(`${registry.host}/acme/app:v1@${old}`);
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest });
    expect(registry.requests[0]?.reference).toBe('v1');
  });

  test('sees a tag that moved, and one that went', async () => {
    await using registries = createTestRegistries({ insecure: [registry.host] });
    const image = imageNamed(`${registry.host}/acme/app`);
    const one = registry.setTag('acme/app', 'latest', 'one');
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest: one });
    const two = registry.setTag('acme/app', 'latest', 'two');
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest: two });
    registry.removeTag('acme/app', 'latest');
    expect(await registries.findDigest(image, unbounded())).toMatchObject({
      kind: 'failed',
      reason: 'tag-gone',
      detail: expect.stringContaining('acme/app:latest') as string,
    });
    // A GET before it is called gone, and once what the registry wants of everybody.
    expect(registry.count()).toBe(5);
  });

  test('fetches and hashes only where HEAD brings no digest, and once for each ETag', async () => {
    await using registries = createTestRegistries({ insecure: [registry.host] });
    registry.fault({ kind: 'without-headers', names: ['docker-content-digest'] });
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    const look = async (): Promise<Digest | null> => {
      const found = await registries.findDigest(image, unbounded());
      return found.kind === 'published' ? found.digest : null;
    };
    const one = registry.setTag('acme/app', 'v1', 'one');
    expect([await look(), await look(), await look()]).toEqual([one, one, one]);
    expect(registry.count({ method: 'GET' })).toBe(1);
    const two = registry.setTag('acme/app', 'v1', 'two');
    expect(await look()).toBe(two);
    expect(registry.count({ method: 'GET' })).toBe(2);
  });

  test('asks on the condition that it changed where HEAD brings no ETag', async () => {
    await using registries = createTestRegistries({ insecure: [registry.host] });
    registry.fault(
      { kind: 'without-headers', names: ['docker-content-digest', 'etag'] },
      { method: 'HEAD' },
    );
    registry.fault({ kind: 'without-headers', names: ['docker-content-digest'] });
    const digest = registry.setTag('acme/app', 'v1', 'one');
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    await registries.findDigest(image, unbounded());
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest });
    const conditions = registry.requests
      .filter(({ method }) => method === 'GET')
      .map(({ headers }) => headers['if-none-match']);
    expect(conditions).toEqual([undefined, `"${digest}"`]);
  });

  test('falls back to GET where HEAD is not supported', async () => {
    await using registries = createTestRegistries({ insecure: [registry.host] });
    registry.fault({ kind: 'status', status: 405 }, { method: 'HEAD' });
    const digest = registry.setTag('acme/app', 'v1', 'one');
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest });
  });

  test('a registry on this machine that speaks no TLS is taken over HTTP, as the engine does', async () => {
    await using registries = createTestRegistries();
    const digest = registry.setTag('acme/app', 'v1', 'one');
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest });
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest });
  });

  test('throws the reason of the signal, and nothing else', async () => {
    await using registries = createTestRegistries({ insecure: [registry.host] });
    registry.fault({ kind: 'hang' });
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    const stop = new AbortController();
    const reason = new Error('enough');
    const looked = registries.findDigest(image, stop.signal);
    await expect.poll(() => registry.count()).toBe(1);
    stop.abort(reason);
    await expect(looked).rejects.toBe(reason);
    await expect(registries.findDigest(image, stop.signal)).rejects.toBe(reason);
    expect(registry.count()).toBe(1);
  });
});

describe('many lookups', () => {
  test('go eight at a time over warm connections', async () => {
    const slow = await startFakeRegistry({ latencyMs: 10 });
    await using registries = createTestRegistries({ insecure: [slow.host] });
    const names = Array.from({ length: 60 }, (_, index) => `acme/app${index}`);
    const digests = names.map((name) => slow.setTag(name, 'v1', name));
    const found = await Promise.all(
      names.map((name) =>
        registries.findDigest(imageNamed(`${slow.host}/${name}:v1`), unbounded()),
      ),
    );
    expect(found).toMatchObject(digests.map((digest) => ({ digest })));
    expect(slow.count()).toBe(60);
    expect(slow.mostAtOnce()).toBe(8);
    // And one to find out that it speaks no TLS.
    expect(slow.connections()).toBeLessThanOrEqual(9);
    await slow.close();
  });

  test('take as many at a time as the operator says', async () => {
    const slow = await startFakeRegistry({ latencyMs: 10 });
    const hosts = [{ host: slow.host, insecure: true, concurrency: 2 }];
    await using registries = createTestRegistries({ hosts });
    slow.setTag('acme/app', 'v1', 'one');
    const image = imageNamed(`${slow.host}/acme/app:v1`);
    await Promise.all(Array.from({ length: 9 }, () => registries.findDigest(image, unbounded())));
    expect(slow.mostAtOnce()).toBe(2);
    await slow.close();
  });

  test('at a host that is silent do not wait one after another', async () => {
    await using registries = createTestRegistries({
      insecure: [registry.host],
      limits: { attemptMs: 100, lookupMs: 200 },
    });
    const recover = registry.fault({ kind: 'hang' });
    const started = performance.now();
    const found = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        registries.findDigest(imageNamed(`${registry.host}/acme/app:v${index}`), unbounded()),
      ),
    );
    expect(new Set(found.map((each) => each.kind === 'failed' && each.reason))).toEqual(
      new Set(['unreachable']),
    );
    // 25 rounds of 200 ms if each waited for itself.
    expect(performance.now() - started).toBeLessThan(1_500);
    expect(registry.count()).toBeLessThan(60);

    // Who comes later asks for himself.
    recover();
    const digest = registry.setTag('acme/app', 'v1', 'one');
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest });
  });
});

describe('a mirror', () => {
  test('is asked first, and the registry where it cannot help', async () => {
    const mirror = await startFakeRegistry();
    await using registries = createTestRegistries({
      hosts: [{ host: registry.host, insecure: true, mirrors: [mirror.host] }],
      insecure: [mirror.host],
    });
    const image = imageNamed(`${registry.host}/acme/app:v1`);
    const digest = registry.setTag('acme/app', 'v1', 'one');
    mirror.setTag('acme/app', 'v1', 'one');
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest });
    expect(registry.count()).toBe(0);

    mirror.removeTag('acme/app', 'v1');
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest });
    mirror.fault({ kind: 'status', status: 500 });
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest });
    await mirror.close();
    expect(await registries.findDigest(image, unbounded())).toMatchObject({ digest });
    expect(registry.count()).toBe(3);
  });
});
