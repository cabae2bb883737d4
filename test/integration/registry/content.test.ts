import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BuildFacts } from '../../../src/core/image/published.ts';
import { createTestRegistries, imageNamed, unbounded } from '../../support/fake-registry/client.ts';
import {
  digestOf,
  type FakeContent,
  fakeImage,
  fakeIndex,
  fakeTwoPlatforms,
} from '../../support/fake-registry/images.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { IMAGE_FORMS } from '../../support/fake-registry/image-forms.ts';

let registry: FakeRegistry;
let client: ReturnType<typeof createTestRegistries>;
beforeEach(async () => {
  registry = await startFakeRegistry({
    quota: { limit: 100, remaining: 80, windowSeconds: 21_600, source: '192.0.2.1' },
  });
  client = createTestRegistries({ insecure: [registry.host] });
});
afterEach(async () => {
  await client.close();
  await registry.close();
});

const image = () => imageNamed(`${registry.host}/acme/app:v1`);
const read = async (content: FakeContent) => {
  registry.setTag('acme/app', 'v1', content);
  const answer = await client.readManifest(image(), content.digest, unbounded());
  if (answer.kind === 'failed') throw new Error(answer.detail);
  return answer.manifest;
};

const member = (text: string, architecture: string, variant?: string) => ({
  content: fakeImage(text, { architecture }),
  platform: { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) },
});

describe('readManifest', () => {
  test.each(IMAGE_FORMS)('of $name finds what can run', async ({ content, members, platforms }) => {
    expect((await read(content)).members).toEqual(members);
    expect(await client.readPlatforms(image(), content.digest, unbounded())).toEqual(platforms);
  });

  test.each(['docker', 'oci'] as const)(
    'of a %s index names members and platforms',
    async (form) => {
      const index = fakeTwoPlatforms('two', form);
      expect(await read(index)).toEqual({
        members: index.children.map(({ digest }) => digest),
        platforms: [
          { os: 'linux', architecture: 'amd64' },
          { os: 'linux', architecture: 'arm64' },
        ],
        artifact: null,
      });
    },
  );

  test('leaves out provenance, and names each platform once', async () => {
    const provenance = {
      content: fakeImage('provenance'),
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    };
    const members = [member('v6', 'arm', 'v6'), member('v7', 'arm', 'v7'), member('x', 'amd64')];
    const index = fakeIndex([...members, provenance]);
    expect(await read(index)).toEqual({
      members: members.map(({ content }) => content.digest),
      platforms: [
        { os: 'linux', architecture: 'arm' },
        { os: 'linux', architecture: 'amd64' },
      ],
      artifact: null,
    });
  });

  test('of an index of indexes names all that is below', async () => {
    const inner = fakeTwoPlatforms('inner');
    const index = fakeIndex([{ content: inner }, member('s390x', 's390x')]);
    const { members, platforms } = await read(index);
    expect(new Set(members)).toEqual(
      new Set([...index.children, ...inner.children].map(({ digest }) => digest)),
    );
    expect(platforms?.map(({ architecture }) => architecture)).toEqual(['amd64', 'arm64', 's390x']);
  });

  test('of a plain image names no platform, and reads no configuration for it', async () => {
    expect(await read(fakeImage('plain'))).toEqual({
      members: [],
      platforms: null,
      artifact: null,
    });
    expect(registry.count()).toBe(1);
  });

  test('of what a lookup told to be a plain image is known where it cannot be read', async () => {
    registry.fault({ kind: 'status', status: 429 }, { method: 'GET' });
    const plain = fakeImage('plain');
    registry.setTag('acme/app', 'v1', plain);
    await client.findDigest(image(), unbounded());
    expect(await read(plain)).toEqual({ members: [], platforms: null, artifact: null });
    expect(registry.count({ method: 'GET' })).toBe(1);
  });

  test('of what a lookup told to be an index is read all the same', async () => {
    const index = fakeTwoPlatforms('two');
    registry.setTag('acme/app', 'v1', index);
    await client.findDigest(image(), unbounded());
    expect((await read(index)).members).toHaveLength(2);
  });

  test('of an index that is nested too deep ends', async () => {
    let content = fakeTwoPlatforms('deep');
    for (let depth = 0; depth < 6; depth += 1) content = fakeIndex([{ content }]);
    registry.setTag('acme/app', 'v1', content);
    expect(await client.readManifest(image(), content.digest, unbounded())).toMatchObject({
      kind: 'failed',
      reason: 'malformed',
    });
    expect(registry.count()).toBeLessThan(8);
  });

  test('reads a digest once, however many ask', async () => {
    const index = fakeTwoPlatforms('two');
    registry.setTag('acme/app', 'v1', index);
    const ask = () => client.readManifest(image(), index.digest, unbounded());
    await Promise.all([ask(), ask(), ask()]);
    await ask();
    expect(registry.count()).toBe(1);
  });

  test('of what is gone fails', async () => {
    expect(await client.readManifest(image(), digestOf('gone'), unbounded())).toMatchObject({
      kind: 'failed',
      reason: 'tag-gone',
    });
  });
});

describe('readPlatforms', () => {
  const platforms = (content: FakeContent) => {
    registry.setTag('acme/app', 'v1', content);
    return client.readPlatforms(image(), content.digest, unbounded());
  };

  test('of a plain image has its platform from the configuration', async () => {
    const content = fakeImage('plain', { architecture: 'arm64' });
    expect(await platforms(content)).toEqual([{ os: 'linux', architecture: 'arm64' }]);
  });

  test('of a plain image whose configuration cannot be had names none', async () => {
    registry.fault({ kind: 'status', status: 404 }, { kind: 'blob' });
    expect(await platforms(fakeImage('plain'))).toEqual([]);
  });

  test('of an index has those of its manifest', async () => {
    expect(await platforms(fakeTwoPlatforms('two'))).toHaveLength(2);
  });

  test('of what is gone is unknown', async () => {
    expect(await client.readPlatforms(image(), digestOf('gone'), unbounded())).toBeNull();
  });
});

describe('readBuildFacts', () => {
  const labels = {
    'org.opencontainers.image.version': 'v1.3.0',
    'org.opencontainers.image.revision': '982c388',
    'org.opencontainers.image.source': 'https://example.com/acme/app',
    'org.opencontainers.image.created': '2026-03-01T12:00:00Z',
  };
  const facts: BuildFacts = {
    version: 'v1.3.0',
    revision: '982c388',
    source: 'https://example.com/acme/app',
    created: '2026-03-01T12:00:00Z',
  };
  const none: BuildFacts = { version: null, revision: null, source: null, created: null };
  const arm = {
    content: fakeImage('arm', {
      architecture: 'arm64',
      labels: { 'org.opencontainers.image.version': 'arm' },
    }),
    platform: { os: 'linux', architecture: 'arm64' },
  };
  const amd = {
    content: fakeImage('amd', { labels }),
    platform: { os: 'linux', architecture: 'amd64' },
  };

  test.each<[string, FakeContent, BuildFacts]>([
    ['a plain image', fakeImage('plain', { labels }), facts],
    ['a Docker image', fakeImage('plain', { labels, form: 'docker' }), facts],
    ['the amd64 member of an index', fakeIndex([arm, amd]), facts],
    ['the first member of another index', fakeIndex([arm]), { ...none, version: 'arm' }],
    ['a nested index', fakeIndex([{ content: fakeIndex([arm, amd]) }]), facts],
    ['the annotations of a manifest', fakeImage('noted', { annotations: labels }), facts],
    [
      'the annotations of an index',
      fakeIndex([{ content: fakeImage('x') }], { annotations: labels }),
      facts,
    ],
    ['an image that tells nothing', fakeImage('silent'), none],
    ['an index of nothing', fakeIndex([]), none],
    [
      'an image that would have people click on code',
      fakeImage('evil', {
        labels: {
          'org.opencontainers.image.source': 'javascript://example.com/%0aalert(1)',
          'org.opencontainers.image.version': `\u001b[31m${'v'.repeat(1_000)}`,
        },
      }),
      { ...none, version: `[31m${'v'.repeat(496)}` },
    ],
  ])('of %s', async (_name, content, expected) => {
    registry.setTag('acme/app', 'v1', content);
    expect(await client.readBuildFacts(image(), content.digest, unbounded())).toEqual(expected);
  });

  test('are null where they cannot be read', async () => {
    const content = fakeImage('plain', { labels });
    registry.setTag('acme/app', 'v1', content);
    registry.fault({ kind: 'status', status: 404 }, { kind: 'blob' });
    expect(await client.readBuildFacts(image(), content.digest, unbounded())).toBeNull();
  });

  test('of a blob that lies elsewhere are read there', async () => {
    const content = fakeImage('plain', { labels });
    registry.setTag('acme/app', 'v1', content);
    const store = await startFakeRegistry();
    store.setTag('acme/app', 'v1', content);
    const to = `${store.origin}/v2/acme/app/blobs/${[...content.blobs.keys()][0]}`;
    registry.fault({ kind: 'redirect', to }, { kind: 'blob' });
    expect(await client.readBuildFacts(image(), content.digest, unbounded())).toEqual(facts);
    await store.close();
  });
});

test('the quota that a registry tells is kept, and HEAD takes nothing from it', async () => {
  expect(client.quotas()).toEqual([]);
  const content = fakeTwoPlatforms('two');
  registry.setTag('acme/app', 'v1', content);
  await client.findDigest(image(), unbounded());
  const told = { host: registry.host, limit: 100, windowSeconds: 21_600, source: '192.0.2.1' };
  expect(client.quotas()).toMatchObject([{ ...told, remaining: 80 }]);
  await client.readManifest(image(), content.digest, unbounded());
  expect(client.quotas()).toMatchObject([{ ...told, remaining: 79 }]);
});
