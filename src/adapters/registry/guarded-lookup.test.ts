import { expect, test } from 'vitest';
import { ForbiddenAddress } from './connection-failure.ts';
import { guardedLookup, refusesAddress } from './guarded-lookup.ts';

const resolve = (hostname: string, mayBeLocal: boolean): Promise<unknown> =>
  new Promise((done) => {
    guardedLookup(mayBeLocal)(hostname, { all: true }, (error, addresses) =>
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
  expect(refusesAddress(address, mayBeLocal)).toBe(expected);
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
    const lookup = guardedLookup(false, (_hostname, _options, callback) =>
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
