import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestClock, type TestClock } from '../../../test/support/work/test-clock.ts';
import { digestOfChar, failedLookup } from '../../../test/support/work/make-service.ts';
import { parseImageReference } from '../../core/image/image-reference.ts';
import { paceLookups } from './pace-lookups.ts';
import type { ListedRegistries, TaggedImage } from '../../core/contract/registries.ts';

let clock: TestClock;
beforeEach(() => {
  clock = createTestClock(() => {}, 50);
});
afterEach(() => clock.stop());

const imageOf = (text: string): TaggedImage => {
  const parsed = parseImageReference(text);
  if (!parsed.ok || parsed.image.tag === null) throw new Error(text);
  return { ...parsed.image, tag: parsed.image.tag };
};

it('asks each registry once a second, whatever is asked, and others beside it', async () => {
  const asked: { readonly host: string; readonly at: number }[] = [];
  const answer = failedLookup('tag-gone');
  const note = async ({ registry }: { readonly registry: string }) => {
    asked.push({ host: registry, at: clock.monotonic() });
    return answer;
  };
  const registries: ListedRegistries = {
    findDigest: note,
    readManifest: note,
    listTags: note,
    followsIndex: () => false,
  };
  const paced = paceLookups(registries, clock, 1_000);
  const { signal } = new AbortController();
  const digest = digestOfChar('a');
  await Promise.all([
    paced.findDigest(imageOf('one.example/a:v1'), signal),
    paced.findDigest(imageOf('one.example/b:v1'), signal),
    paced.readManifest(imageOf('one.example/b:v1'), digest, signal),
    paced.findDigest(imageOf('two.example/c:v1'), signal),
  ]);
  const [first = 0, second = 0, third = 0] = asked
    .filter(({ host }) => host === 'one.example')
    .map(({ at }) => at);
  // A timer may fire late.
  expect(second - first).toBeGreaterThanOrEqual(900);
  expect(third - first).toBeGreaterThanOrEqual(1_900);
  const other = asked.find(({ host }) => host === 'two.example')?.at ?? 0;
  expect(other - first).toBeLessThan(900);
});

it('takes a turn for each page of a list', async () => {
  const at: number[] = [];
  const none = async () => failedLookup('tag-gone');
  const paced = paceLookups(
    {
      findDigest: none,
      readManifest: none,
      followsIndex: () => false,
      listTags: async (_image, signal, turn = async () => {}) => {
        at.push(clock.monotonic());
        await turn(signal);
        at.push(clock.monotonic());
        return { kind: 'tags' as const, tags: [] };
      },
    },
    clock,
    1_000,
  );
  await paced.listTags?.(imageOf('one.example/a:v1'), new AbortController().signal);
  expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(900);
});
