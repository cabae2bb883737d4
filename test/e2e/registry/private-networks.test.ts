import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../support/reach/reach-program.ts', import.meta.url));
const ADDRESSES = ['203.0.113.10', '10.66.0.2', '10.66.0.3', '169.254.169.254'];

type Told = Readonly<Record<string, { readonly asked: number; readonly stolen: boolean }>>;

/** In a network namespace of its own, so that the addresses are real and nobody else sees them. */
const run = (): Told => {
  const set = ADDRESSES.map((address) => `ip address add ${address}/32 dev lo`).join(' && ');
  const script = `ip link set lo up && ${set} && exec "$0" "$1"`;
  const args = ['--net', 'sh', '-c', script, process.execPath, PROGRAM];
  const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`it ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Told;
};

test('a registry cannot make the helper ask what is in a private network, unless it is there or named', () => {
  const told = run();
  const reached = Object.entries(told).flatMap(([trick, { asked }]) => (asked > 0 ? [trick] : []));
  expect(Object.keys(told)).toHaveLength(9);
  expect(reached).toEqual([
    'a realm beside a registry in the private network',
    'a realm in a private network that the configuration names',
  ]);
  const stolen = Object.entries(told).flatMap(([trick, one]) => (one.stolen ? [trick] : []));
  expect(stolen).toEqual(reached);
}, 60_000);
