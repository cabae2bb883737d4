import { expect, it } from 'vitest';
import { makeNode } from '../../../test/support/make-service.ts';
import type { Platform } from '../published.ts';
import type { Node } from '../service.ts';
import { whyNoNodeFits } from './fitting-node.ts';

const of = (architecture: string, os = 'linux'): Platform => ({ os, architecture });
const node = (platform: Platform | null, change: Partial<Node> = {}): Node =>
  makeNode({ platform, ...change });
const amd64 = node(of('amd64'));
const arm64 = node(of('arm64'));

it.each<[string, readonly Platform[] | null, readonly Node[], boolean]>([
  ['one of two platforms', [of('amd64'), of('arm64')], [amd64], true],
  ['one of two nodes', [of('arm64')], [amd64, arm64], true],
  ['none', [of('arm64')], [amd64, amd64], false],
  ['another system', [of('amd64', 'windows')], [amd64], false],
  ['any, which is blank', [of('')], [amd64], true],
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
  expect(whyNoNodeFits(platforms, nodes) === null).toBe(expected);
});

it('says what would fit', () => {
  expect(whyNoNodeFits([of('arm64'), of('')].slice(0, 1), [amd64, amd64])).toBe(
    'the image is built for linux/arm64, and the nodes are linux/amd64: build it for one of those, or add a node',
  );
});
