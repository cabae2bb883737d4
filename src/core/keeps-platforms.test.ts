import { expect, it } from 'vitest';
import { keepsPlatforms } from './keeps-platforms.ts';

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };
const windows = { os: 'windows', architecture: 'amd64' };
const anyArm = { os: 'linux', architecture: '' };

it.each([
  ['the one that all nodes have', [amd64], [amd64, amd64], true],
  ['the same one twice', [amd64, amd64], [amd64], true],
  ['none, so that any node that joins would fit', [], [amd64], false],
  ['another than the nodes have', [arm64], [amd64], false],
  ['another system', [windows], [amd64], false],
  ['one of several', [amd64, arm64], [amd64], false],
  ['a blank architecture, which fits every node', [anyArm], [amd64], false],
  ['one, and the nodes differ', [amd64], [amd64, arm64], false],
  ['one, and a node does not tell its own', [amd64], [amd64, null], false],
  ['one, and no node is known', [amd64], [], false],
])('a spec that names %s', (_what, platforms, nodes, keeps) => {
  expect(
    keepsPlatforms(
      { platforms },
      nodes.map((platform) => ({ platform })),
    ),
  ).toBe(keeps);
});
