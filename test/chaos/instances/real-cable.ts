import { execFile } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { startChild, stopChild, SYSTEM_PATH } from '../../../sandbox/machine/child.ts';
import { freeLink } from '../../../sandbox/machine/network.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Address, Cable } from './cable.ts';

const run = promisify(execFile);
const env = { PATH: SYSTEM_PATH };
const ENDS_WITHIN_MS = 2_000;
const READY_WITHIN_MS = 10_000;

const networkOf = (pid: number): string => `/proc/${pid}/ns/net`;

/**
 * A network namespace of its own, joined to the machine by one link. To cut it, the machine's end is taken down: inside,
 * the link has no carrier, and no connection is told. Senders cannot reach the helper either. Sockets in the file system,
 * such as the engine's, still work.
 */
export const layRealCable = async ({ port }: Address): Promise<Cable> => {
  const { name, hostAddress, engineAddress: host, prefixLength } = freeLink();
  const holder = await startChild({
    command: ['unshare', '--net', 'sleep', 'infinity'],
    stdout: '/dev/null',
    stderr: '/dev/null',
    env,
  });
  const within = ['nsenter', `--net=${networkOf(holder.pid)}`];
  const ip = (...args: readonly string[]) => run('ip', [...args], { env });
  const ipInside = (...args: readonly string[]) =>
    run('nsenter', [...within.slice(1), 'ip', ...args], { env });
  const close = async (): Promise<void> => {
    await stopChild(holder, ENDS_WITHIN_MS);
    // Fails if the kernel was faster.
    await ip('link', 'delete', name).catch(() => {});
  };
  const ownNetwork = readlinkSync(networkOf(process.pid));
  try {
    await waitUntil(async () => readlinkSync(networkOf(holder.pid)) !== ownNetwork || null, {
      what: 'the network exists',
      withinMs: READY_WITHIN_MS,
      everyMs: 5,
    });
    await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${holder.pid}`);
    await ip('address', 'add', `${hostAddress}/${prefixLength}`, 'dev', name);
    await ip('link', 'set', name, 'up');
    await ipInside('link', 'set', 'lo', 'up');
    await ipInside('address', 'add', `${host}/${prefixLength}`, 'dev', 'eth0');
    await ipInside('link', 'set', 'eth0', 'up');
    await ipInside('route', 'add', 'default', 'via', hostAddress);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    database: { host: hostAddress, port },
    host,
    within,
    cut: async () => void (await ip('link', 'set', name, 'down')),
    mend: async () => void (await ip('link', 'set', name, 'up')),
    close,
  };
};
