import { describe, expect, it } from 'vitest';
import { makeNode } from '../../../test/support/work/make-service.ts';
import type { Platform } from '../image/published.ts';
import type { Node } from '../swarm/service.ts';
import { type Placed, whyNoNodeFits } from './fitting-node.ts';

const of = (architecture: string, os = 'linux'): Platform => ({ os, architecture });
const node = (platform: Platform | null, change: Partial<Node> = {}): Node =>
  makeNode({ platform, ...change });
const amd64 = node(of('amd64'));
const arm64 = node(of('arm64'));
const armv7 = node(of('armv7l'));
const anywhere: Placed = { mode: 'replicated', constraints: [], platforms: [] };

it.each<[string, readonly Platform[] | null, readonly Node[], boolean]>([
  ['one of two platforms', [of('amd64'), of('arm64')], [amd64], true],
  ['one of two nodes', [of('arm64')], [amd64, arm64], true],
  ['none', [of('arm64')], [amd64, amd64], false],
  ['another system', [of('amd64', 'windows')], [amd64], false],
  ['any, which is blank', [of('')], [amd64], true],
  ['32-bit ARM', [of('arm')], [amd64], false],
  ['32-bit ARM and another', [of('arm'), of('amd64')], [amd64], true],
  ['32-bit ARM on such a node', [of('arm')], [amd64, armv7], true],
  ['32-bit ARM on a 64-bit node', [of('arm')], [arm64], true],
  ['any, where the image names none', [], [amd64], true],
  ['unknown, where the image could not be read', null, [amd64], true],
  ['unknown, where no node is told', [of('arm64')], [], true],
  ['unknown, where a node does not tell', [of('arm64')], [amd64, node(null)], true],
  [
    'none but one that is drained',
    [of('arm64')],
    [amd64, { ...arm64, availability: 'drain' }],
    false,
  ],
  ['none but one that is down', [of('arm64')], [amd64, { ...arm64, state: 'down' }], false],
  ['unknown, where no node takes tasks', [of('arm64')], [{ ...amd64, state: 'down' }], true],
])('fits %s', (_what, platforms, nodes, expected) => {
  expect(whyNoNodeFits(platforms, anywhere, nodes) === null).toBe(expected);
});

describe('with placement constraints', () => {
  const zone = (name: string, platform = of('amd64')): Node => node(platform, { labels: { name } });
  const inZone: Placed = { ...anywhere, constraints: ['node.labels.name == a'] };

  it.each<[string, readonly Platform[] | null, readonly Node[], boolean]>([
    ['a node that satisfies them', [of('amd64')], [zone('a'), zone('b')], true],
    ['no node that satisfies them', [of('amd64')], [zone('b')], false],
    ['no node that satisfies them, whatever the image is', null, [zone('b')], false],
    ['a node of another platform alone', [of('arm64')], [zone('a'), zone('b', of('arm64'))], false],
    [
      'a drained node alone',
      [of('amd64')],
      [{ ...zone('a'), availability: 'drain' }, amd64],
      false,
    ],
  ])('%s', (_what, platforms, nodes, expected) => {
    expect(whyNoNodeFits(platforms, inZone, nodes) === null).toBe(expected);
  });

  it('no node that satisfies them, for a global service, which then wants no task', () => {
    const global: Placed = { ...inZone, mode: 'global' };
    expect(whyNoNodeFits([of('amd64')], global, [zone('b')])).toBe(null);
    expect(whyNoNodeFits([of('arm64')], global, [zone('a')])).not.toBe(null);
  });
});

it('judges by the spec where the image cannot be read', () => {
  const spec: Placed = { ...anywhere, platforms: [of('arm64')] };
  expect(whyNoNodeFits(null, spec, [amd64])).toContain('linux/arm64');
  expect(whyNoNodeFits([of('amd64')], spec, [amd64])).toBe(null);
});

describe('says what would fit', () => {
  const asks: Placed = { ...anywhere, constraints: ['node.labels.zone == a'] };
  it.each<[readonly Platform[], Placed, readonly Node[], string]>([
    [
      [of('arm64')],
      anywhere,
      [amd64, amd64],
      'the image is built for linux/arm64, and the nodes are linux/amd64: build it for one of those, or add a node',
    ],
    [
      [of('amd64')],
      asks,
      [amd64],
      'no node satisfies the placement constraints of the service (node.labels.zone == a): change them, or add a node that does',
    ],
    [
      [of('arm')],
      asks,
      [{ ...amd64, labels: { zone: 'a' } }, arm64],
      'the image is built for linux/arm, and the nodes that satisfy node.labels.zone == a are linux/amd64: build it for one of those, or add a node',
    ],
  ])('%#', (platforms, placed, nodes, expected) => {
    expect(whyNoNodeFits(platforms, placed, nodes)).toBe(expected);
  });
});
