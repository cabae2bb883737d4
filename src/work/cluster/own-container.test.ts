import { expect, test } from 'vitest';
import { containerIds } from './own-container.ts';

const ID = '4e6f'.repeat(16);
const mount = (root: string, point: string): string =>
  `1287 1273 254:1 ${root} ${point} rw,relatime - ext4 /dev/vda1 rw`;
const inContainer = ['resolv.conf', 'hostname', 'hosts']
  .map((file) => mount(`/var/lib/docker/containers/${ID}/${file}`, `/etc/${file}`))
  .join('\n');

test.each([
  ['a container', ID.slice(0, 12), inContainer, [ID.slice(0, 12), ID]],
  ['a container on the network of its host', 'node-1', inContainer, [ID]],
  ['a container whose mounts cannot be read', ID.slice(0, 12), '', [ID.slice(0, 12)]],
  ['a machine', 'node-1', mount('/', '/'), []],
  ['a machine with a short name of hex digits', 'cafe', mount('/', '/'), []],
  ['a machine that sees its containers', 'node-1', mount(`/x/${ID}/rootfs`, `/x/${ID}/rootfs`), []],
])('%s', (_where, host, mountInfo, ids) => {
  expect(containerIds(host, mountInfo)).toEqual(ids);
});
