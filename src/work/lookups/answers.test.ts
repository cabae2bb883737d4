import { expect, it } from 'vitest';
import { digestOfChar, failedLookup, published } from '../../../test/support/work/make-service.ts';
import type { Lookup } from '../../core/image/published.ts';
import type { NewLookup } from '../../store/published/new-lookup.ts';
import { createAnswers, type AnswersDeps } from './answers.ts';
import type { TaggedImage } from '../../core/contract/registries.ts';

const A = digestOfChar('a');
const B = digestOfChar('b');
const image = (tag: string): TaggedImage => ({
  registry: 'docker.io',
  repository: 'acme/web',
  tag,
  digest: null,
});
const { signal } = new AbortController();

/** A registry that shows `lookup` for every tag, and the requests that it got. */
const registry = (lookup: Lookup) => {
  const requests: string[] = [];
  const registries: AnswersDeps['registries'] = {
    findDigest: async ({ tag }) => {
      requests.push(`HEAD ${tag}`);
      return lookup;
    },
    listTags: async () => ({ kind: 'tags', tags: [] }),
    followsIndex: () => false,
    readManifest: async ({ tag }) => {
      requests.push(`GET ${tag}`);
      return { kind: 'manifest', manifest: { members: [B], platforms: null, artifact: null } };
    },
  };
  return { registries, requests };
};

it('asks once for an image, and records when, and what its manifest holds', async () => {
  const { registries, requests } = registry(published(A));
  let now = 1_000;
  const told: NewLookup[] = [];
  const answers = createAnswers({
    registries,
    now: () => now,
    onAnswer: (answer) => told.push(answer),
  });
  const both = await Promise.all([
    answers.registries.findDigest(image('v1'), signal),
    answers.registries.findDigest(image('v1'), signal),
  ]);
  expect(both).toEqual([published(A), published(A)]);
  now = 2_000;
  const plain = { name: 'docker.io/acme/web', tag: 'v1', lookup: published(A), askedAt: 1_000 };
  expect(answers.of([{ image: image('v1') }, { image: image('v2') }, { image: null }])).toEqual([
    { ...plain, members: null },
  ]);
  await answers.registries.readManifest(image('v1'), A, signal);
  await answers.registries.readManifest(image('v1'), A, signal);
  expect(requests).toEqual(['HEAD v1', 'GET v1']);
  expect(answers.of([{ image: image('v1') }, { image: image('v1') }])).toEqual([
    { ...plain, members: [B] },
  ]);
  expect(told.map(({ members }) => members)).toEqual([null, [B]]);
});

it('asks for nothing that is known', async () => {
  const { registries, requests } = registry(published(A));
  const answers = createAnswers({
    registries,
    now: () => 1_000,
    known: ({ tag }) =>
      tag === 'v1' ? { lookup: published(B), members: [A], askedAt: 500 } : null,
  });
  expect(await answers.registries.findDigest(image('v1'), signal)).toEqual(published(B));
  expect(await answers.registries.readManifest(image('v1'), B, signal)).toMatchObject({
    manifest: { members: [A] },
  });
  expect(requests).toEqual([]);
  expect(answers.of([{ image: image('v1') }])).toMatchObject([{ askedAt: 500, members: [A] }]);
  await answers.registries.findDigest(image('v2'), signal);
  expect(requests).toEqual(['HEAD v2']);
});

it('leaves a registry alone whose budget is spent', async () => {
  const { registries, requests } = registry(failedLookup('unreachable'));
  const answers = createAnswers({
    registries,
    now: () => 1_000,
    spentBudget: (host) => (host === 'docker.io' ? 'spent' : null),
  });
  const spent = { kind: 'failed', reason: 'rate-limited', detail: 'spent' };
  expect(await answers.registries.findDigest(image('v1'), signal)).toMatchObject(spent);
  expect(await answers.registries.readManifest(image('v1'), A, signal)).toMatchObject(spent);
  expect(requests).toEqual([]);
});

it('lists a repository once, whatever tags are asked about', async () => {
  const { registries } = registry(published(A));
  const asked: string[] = [];
  const answers = createAnswers({
    registries: {
      ...registries,
      listTags: async ({ repository }) => {
        asked.push(repository);
        return { kind: 'tags', tags: ['v1'] };
      },
    },
    now: () => 0,
  });
  const list = (repository: string) =>
    answers.listTags({ registry: 'docker.io', repository }, signal);
  await Promise.all([list('acme/web'), list('acme/web'), list('acme/api')]);
  expect(await list('acme/web')).toEqual({ kind: 'tags', tags: ['v1'] });
  expect(asked).toEqual(['acme/web', 'acme/api']);
});

it('lists nothing at a registry that is to be left alone', async () => {
  const { registries } = registry(published(A));
  const answers = createAnswers({
    registries: { ...registries, listTags: async () => Promise.reject(new Error('it was asked')) },
    now: () => 0,
    spentBudget: () => 'its limit is spent',
  });
  expect(await answers.listTags(image('v1'), signal)).toMatchObject({
    kind: 'failed',
    detail: 'its limit is spent',
  });
});
