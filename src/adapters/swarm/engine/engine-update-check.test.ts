import { expect, it } from 'vitest';
import type { Digest } from '../../../core/image/digest.ts';
import { parseImageReference } from '../../../core/image/image-reference.ts';
import { type RawSpec, type SpecChange, specWithImage } from './engine-update.ts';
import { lostBetween, lostFields } from './engine-update-check.ts';

const DIGEST = `sha256:${'b'.repeat(64)}` as Digest;
const OTHER = `sha256:${'a'.repeat(64)}` as Digest;

const specOf = (digest: Digest, env = 'A=1'): RawSpec => ({
  Name: 'web',
  TaskTemplate: {
    ContainerSpec: { Image: `web:v1@${digest}`, Env: [env], OomScoreAdj: -500 },
    ForceUpdate: 0,
  },
});
const parsed = parseImageReference('web:v1');
if (!parsed.ok) throw new Error(parsed.problem);
const change: SpecChange = {
  image: parsed.image,
  digest: DIGEST,
  platforms: [{ os: 'linux', architecture: 'amd64' }],
  restart: false,
};
const posted = (before: RawSpec) => ({ posted: specWithImage(before, change), change });
const withoutOomScore = ({ TaskTemplate, ...spec }: RawSpec): RawSpec => {
  const { OomScoreAdj: _, ...ContainerSpec } = TaskTemplate.ContainerSpec;
  return { ...spec, TaskTemplate: { ...TaskTemplate, ContainerSpec } };
};
const LOST = ['TaskTemplate.ContainerSpec.OomScoreAdj'];

it('nothing is lost of an update that is there as it was posted', () => {
  const before = specOf(OTHER);
  const update = posted(before);
  expect(lostFields({ now: update.posted, before }, update)).toEqual([]);
});

it('what the engine cleared is told', () => {
  const before = specOf(OTHER);
  const update = posted(before);
  expect(lostFields({ now: withoutOomScore(update.posted), before }, update)).toEqual(LOST);
});

it('what somebody changed after the update is not', () => {
  const update = posted(specOf(OTHER));
  const now = specWithImage(specOf(DIGEST, 'A=2'), change);
  expect(lostFields({ now, before: update.posted }, update)).toEqual([]);
});

// For example: a person had the engine roll back to the image that the update brings.
it('an update that brings the image that was there already loses nothing', () => {
  const before = specOf(DIGEST);
  const update = posted(before);
  expect(lostFields({ now: update.posted, before }, update)).toEqual([]);
});

it('what the engine cleared of one that brings the image that was there already is told', () => {
  const before = specOf(DIGEST);
  const update = posted(before);
  expect(lostFields({ now: withoutOomScore(update.posted), before }, update)).toEqual(LOST);
});

it('nothing can be told once somebody has set another image', () => {
  const update = posted(specOf(OTHER));
  expect(lostFields({ now: specOf(OTHER), before: specOf(OTHER, 'A=2') }, update)).toBeNull();
});

it('what an update whose answer was lost changed beside its image is told', () => {
  const before = specOf(OTHER);
  const now = specWithImage(before, { ...change, restart: true });
  expect(lostBetween({ now, before }, DIGEST)).toEqual([]);
  expect(lostBetween({ now: withoutOomScore(now), before }, DIGEST)).toEqual(LOST);
});

it('nothing can be told of it once somebody has changed the service again', () => {
  const now = specOf(DIGEST, 'A=2');
  expect(lostBetween({ now, before: specOf(DIGEST) }, DIGEST)).toBeNull();
  expect(lostBetween({ now: specOf(OTHER), before: specOf(DIGEST) }, DIGEST)).toBeNull();
  expect(lostBetween({ now, before: null }, DIGEST)).toBeNull();
});
