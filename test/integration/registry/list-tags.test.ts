import { afterEach, beforeEach, expect, test } from 'vitest';
import { MOST_TAGS } from '../../../src/core/policy/tag-list.ts';
import { createTestRegistries, imageNamed, unbounded } from '../../support/fake-registry/client.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';

let registry: FakeRegistry;
let client: ReturnType<typeof createTestRegistries>;
beforeEach(async () => {
  registry = await startFakeRegistry({ tagsPerPage: 300 });
  client = createTestRegistries({ insecure: [registry.host] });
});
afterEach(async () => {
  await client.close();
  await registry.close();
});

const list = (turn?: () => Promise<void>) =>
  client.listTags(imageNamed(`${registry.host}/acme/app:v1`), unbounded(), turn);
const fill = (tags: readonly string[]): void => {
  const digest = registry.setTag('acme/app', 'v1', 'one');
  for (const tag of tags) registry.setTag('acme/app', tag, digest);
};
const asked = (): readonly string[] => registry.requests.map(({ path }) => path);
const body = (content: unknown, headers: Record<string, string> = {}): (() => void) =>
  registry.fault({ kind: 'content', body: JSON.stringify(content), headers }, { kind: 'tags' });

test('follows the pages of a long list, each in its turn', async () => {
  const tags = Array.from({ length: 1_000 }, (_, n) => `v1.0.${n}`);
  fill(tags);
  let turns = 0;
  const listed = await list(async () => {
    turns += 1;
  });
  if (listed.kind === 'failed') throw new Error(listed.detail);
  expect(new Set(listed.tags)).toEqual(new Set(['v1', ...tags]));
  expect(asked()).toHaveLength(4);
  expect(turns).toBe(3);
});

test('leaves out what belongs to other images, and what is no tag', async () => {
  body({
    tags: ['v1.0.0', `sha256-${'a'.repeat(64)}.sig`, `sha256-${'b'.repeat(64)}`, '../x', ''],
  });
  expect(await list()).toEqual({ kind: 'tags', tags: ['v1.0.0'] });
});

test.each([[null], [undefined]])('takes tags that are %j for none', async (tags) => {
  body({ name: 'acme/app', tags });
  expect(await list()).toEqual({ kind: 'tags', tags: [] });
});

test('stays at the registry and the repository, wherever the next page is said to be', async () => {
  fill(['v1.0.0']);
  const elsewhere = await startFakeRegistry();
  const link = `<${elsewhere.origin}/v2/other/secret/tags/list?last=v1>; rel="next"`;
  registry.fault(
    { kind: 'content', body: '{"tags":["v0.9.0"]}', headers: { link } },
    { kind: 'tags', times: 1 },
  );
  expect(await list()).toEqual({ kind: 'tags', tags: ['v0.9.0', 'v1.0.0'] });
  expect(asked()).toEqual(['/v2/acme/app/tags/list?n=1000', '/v2/acme/app/tags/list?last=v1']);
  expect(elsewhere.requests).toEqual([]);
  await elsewhere.close();
});

test('gives up a list that never ends', async () => {
  body({ tags: ['v1.0.0'] }, { link: '<?n=1000>; rel="next"' });
  expect(await list()).toMatchObject({
    reason: 'malformed',
    detail: `${registry.host}/acme/app names the same page of its tags again`,
  });
  expect(asked()).toHaveLength(1);
});

test('says that a repository has too many tags', async () => {
  body({ tags: Array.from({ length: MOST_TAGS + 1 }, (_, n) => `t${n}`) });
  expect(await list()).toMatchObject({
    reason: 'malformed',
    detail: `${registry.host}/acme/app has more than 100,000 tags, and no more are listed; a push of a newer tag still moves its services`,
  });
});

test.each([
  ['no such repository', { status: 404 }, 'tag-gone', 'does not exist, or lists no tags (404)'],
  ['a list that is refused', { status: 403 }, 'sign-in-refused', 'refuses access to acme/app'],
  ['a registry that fails', { status: 500 }, 'unreachable', 'answered 500'],
  ['no such request', { status: 405 }, 'malformed', 'answers 405 to tags/list'],
] as const)('tells of %s', async (_name, fault, reason, detail) => {
  registry.fault({ kind: 'status', ...fault }, { kind: 'tags' });
  expect(await list()).toMatchObject({
    kind: 'failed',
    reason,
    detail: expect.stringContaining(detail),
  });
});

test('tells of what is no list', async () => {
  registry.fault({ kind: 'content', body: '<html>' }, { kind: 'tags' });
  expect(await list()).toMatchObject({
    reason: 'malformed',
    detail: expect.stringContaining('gives no list of tags'),
  });
});

test('asks a mirror only where the registry does not answer', async () => {
  const mirror = await startFakeRegistry();
  mirror.setTag('acme/app', 'v0.1.0', 'old');
  const mirrored = createTestRegistries({
    insecure: [registry.host, mirror.host],
    hosts: [{ host: registry.host, insecure: true, mirrors: [mirror.host] }],
    limits: { tries: 1 },
  });
  fill(['v1.0.0']);
  const ask = () => mirrored.listTags(imageNamed(`${registry.host}/acme/app:v1`), unbounded());
  expect(await ask()).toEqual({ kind: 'tags', tags: ['v1', 'v1.0.0'] });
  expect(mirror.requests).toEqual([]);
  registry.fault({ kind: 'status', status: 503 });
  expect(await ask()).toEqual({ kind: 'tags', tags: ['v0.1.0'] });
  await mirrored.close();
  await mirror.close();
});
