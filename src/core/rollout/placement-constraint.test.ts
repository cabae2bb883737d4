import { expect, it } from 'vitest';
import { makeNode } from '../../../test/support/work/make-service.ts';
import { satisfies } from './placement-constraint.ts';

const node = makeNode({
  id: 'n1',
  hostname: 'Worker-1',
  role: 'worker',
  labels: { zone: 'a', Disk: 'ssd' },
  engineLabels: { storage: 'fast' },
});

it.each<[string, boolean]>([
  ['node.id == n1', true],
  ['node.id==n2', false],
  ['node.id != n2', true],
  ['node.hostname == worker-1', true],
  ['NODE.HOSTNAME == worker-1', true],
  ['node.hostname != WORKER-1', false],
  ['node.role == worker', true],
  ['node.role == manager', false],
  ['node.role != manager', true],
  ['node.labels.zone == A', true],
  ['node.labels.zone == b', false],
  ['node.labels.zone != b', true],
  // The label's own name is compared exactly.
  ['node.labels.disk == ssd', false],
  ['node.labels.Disk == ssd', true],
  ['node.labels.nobody == has', false],
  ['node.labels.nobody != has', true],
  ['engine.labels.storage == fast', true],
  ['engine.labels.storage == slow', false],
  ['node.platform.os == linux', true],
  ['node.platform.os == windows', false],
  ['node.platform.arch == x86_64', true],
  ['node.platform.arch == amd64', true],
  ['node.platform.arch == aarch64', false],
  ['node.platform.arch != aarch64', true],
  // A constraint that cannot be judged does not stop an update.
  ['node.ip == 10.0.0.1', true],
  ['something else', true],
])('%s: %s', (constraint, expected) => {
  expect(satisfies(node, constraint)).toBe(expected);
});

it('counts as satisfied what is not known of the node', () => {
  const bare = makeNode({ role: null, platform: null });
  expect(satisfies(bare, 'node.role == manager')).toBe(true);
  expect(satisfies(bare, 'node.platform.os == windows')).toBe(true);
});
