import { expect, test } from 'vitest';
import { ForbiddenAddress } from './connection-failure.ts';
import { guardedLookup, refusesAddress } from './guarded-lookup.ts';

const resolve = (hostname: string, mayBeLocal: boolean): Promise<unknown> =>
  new Promise((done) => {
    guardedLookup({ mayBeLocal, mayBePrivate: true })(hostname, { all: true }, (error, addresses) =>
      done(error ?? addresses),
    );
  });

test.each([
  ['169.254.169.254', true, true],
  ['169.254.169.254', false, true],
  ['fe80::1', true, true],
  ['127.0.0.1', false, true],
  ['::1', false, true],
  ['127.0.0.1', true, false],
  ['10.0.0.1', false, false],
  ['2001:db8::1', false, false],
])('refusesAddress(%s, %s) is %s', (address, mayBeLocal, expected) => {
  expect(refusesAddress(address, { mayBeLocal, mayBePrivate: true })).toBe(expected);
});

test.each([
  ['10.66.0.2', true],
  ['172.16.0.1', true],
  ['172.32.0.1', false],
  ['192.168.1.1', true],
  ['100.64.0.1', true],
  ['100.128.0.1', false],
  ['fd12::1', true],
  ['::ffff:10.0.0.1', true],
  ['64:ff9b::a00:1', true],
  ['203.0.113.7', false],
  ['2001:db8::1', false],
  // Whether it may be on this machine is a separate rule.
  ['127.0.0.1', false],
])('refusesAddress(%s) to whom only a public registry named it: %s', (address, expected) => {
  expect(refusesAddress(address, { mayBeLocal: true, mayBePrivate: false })).toBe(expected);
  expect(refusesAddress(address, { mayBeLocal: true, mayBePrivate: true })).toBe(false);
});

test.each(['fd20:ce::254', 'fd00:42::42', 'fd00:ec2::254'])('%s is never asked', (address) => {
  expect(refusesAddress(address, { mayBeLocal: true, mayBePrivate: true })).toBe(true);
});

test.each(['localhost', '169.254.169.254'])(
  'a name that leads to what is refused: %s',
  async (name) => {
    expect(await resolve(name, false)).toBeInstanceOf(ForbiddenAddress);
  },
);

type Answer = readonly [error: Error | null, addresses: unknown, family: unknown];

const answered = (found: Error | readonly string[], all: boolean): Promise<Answer> =>
  new Promise((done) => {
    const reach = { mayBeLocal: false, mayBePrivate: true };
    const lookup = guardedLookup(reach, undefined, (_hostname, _options, callback) =>
      found instanceof Error
        ? callback(found, [])
        : callback(
            null,
            found.map((address) => ({ address, family: 4 })),
          ),
    );
    lookup('registry.test', { all }, (error, addresses, family) =>
      done([error, addresses, family]),
    );
  });

test.each([true, false])('one address that is refused is enough, all: %s', async (all) => {
  const [error] = await answered(['192.0.2.1', '169.254.169.254'], all);
  expect(error).toBeInstanceOf(ForbiddenAddress);
});

test('gives one address or all, as it was asked', async () => {
  const found = ['192.0.2.1', '192.0.2.2'];
  expect(await answered(found, false)).toEqual([null, '192.0.2.1', 4]);
  const [, all] = await answered(found, true);
  expect(all).toEqual(found.map((address) => ({ address, family: 4 })));
  expect((await answered([], false))[1]).toEqual([]);
});

test('tells that a name is not known', async () => {
  const unknown = new Error('not found');
  expect((await answered(unknown, true))[0]).toBe(unknown);
});

test('a name that leads to this machine, for those who may go there', async () => {
  const addresses = await resolve('localhost', true);
  expect(addresses).toContainEqual(
    expect.objectContaining({ address: expect.any(String) as string }),
  );
});
