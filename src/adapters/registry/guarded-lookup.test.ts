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

test('a name that leads to this machine, for those who may go there', async () => {
  const addresses = await resolve('localhost', true);
  expect(addresses).toContainEqual(
    expect.objectContaining({ address: expect.any(String) as string }),
  );
});
