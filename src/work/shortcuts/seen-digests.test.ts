import { expect, it } from 'vitest';
import { digestOfChar, published } from '../../../test/support/work/make-service.ts';
import type { TaggedImage } from '../../core/contract/registries.ts';
import { createSeenDigests } from './seen-digests.ts';

const A = digestOfChar('a');
const B = digestOfChar('b');
const image = (tag: string): TaggedImage => ({
  registry: 'docker.io',
  repository: 'acme/web',
  tag,
  digest: null,
});
const FAILED = {
  kind: 'failed',
  reason: 'unreachable',
  detail: 'away',
  retryAfterMs: null,
} as const;

it('knows what was seen a moment ago, of the same tag and for the same digest only', () => {
  const seen = createSeenDigests();
  const answer = published(A);
  seen.keep(image('v1'), answer, 1_000);
  expect(seen.find(image('v1'), A, 5_999)).toMatchObject({ lookup: answer, at: 1_000 });
  expect(seen.find(image('v1'), A, 6_000)).toBeNull();
  expect(seen.find(image('v1'), A, -4_000)).toBeNull();
  expect(seen.find(image('v1'), B, 1_000)).toBeNull();
  expect(seen.find(image('v1'), null, 1_000)).toBeNull();
  expect(seen.find(image('v2'), A, 1_000)).toBeNull();
});

it('knows nothing any more once the registry answered otherwise, or not at all', () => {
  const seen = createSeenDigests();
  seen.keep(image('v1'), published(A), 1_000);
  seen.keep(image('v1'), published(B), 1_001);
  expect(seen.find(image('v1'), A, 1_002)).toBeNull();
  seen.keep(image('v1'), FAILED, 1_003);
  expect(seen.find(image('v1'), B, 1_004)).toBeNull();
});

it('forgets the oldest of too many', () => {
  const seen = createSeenDigests();
  for (let index = 0; index <= 10_000; index += 1) seen.keep(image(`v${index}`), published(A), 0);
  expect(seen.find(image('v0'), A, 0)).toBeNull();
  expect(seen.find(image('v1'), A, 0)).not.toBeNull();
  expect(seen.find(image('v10000'), A, 0)).not.toBeNull();
});
