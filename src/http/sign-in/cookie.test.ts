import { expect, it } from 'vitest';
import { createCookiePlace, printSessionCookie, readSessionCookies } from './cookie.ts';

const ID = 'a'.repeat(43);
const OTHER = 'b'.repeat(43);
const PLAIN = { basePath: '', isSecure: false };

it.each([
  ['alone', `cd-helper-session=${ID}`, [ID]],
  ['among others', `a=b; cd-helper-session=${ID}; c=d`, [ID]],
  ['after one that is none', `cd-helper-session=x; cd-helper-session=${ID}`, [ID]],
  ['after another of the name', `cd-helper-session=${OTHER}; cd-helper-session=${ID}`, [OTHER, ID]],
  ['twice', `cd-helper-session=${ID}; cd-helper-session=${ID}`, [ID]],
  ['of another name', `x-cd-helper-session=${ID}`, []],
  ['too long', `cd-helper-session=${ID}0`, []],
  ['with something after it', `cd-helper-session=${ID}=`, [ID]],
  ['empty', 'cd-helper-session=', []],
  ['without a value', 'cd-helper-session', []],
  ['for TLS', `__Host-cd-helper-session=${ID}`, []],
  ['nowhere', undefined, []],
])('reads a session cookie %s', (_where, header, ids) => {
  expect(readSessionCookies(header, PLAIN)).toEqual(ids);
});

it('tries only so many', () => {
  const header = Array.from(
    { length: 20 },
    (_, index) => `cd-helper-session=${String(index).padStart(43, '0')}`,
  ).join('; ');
  expect(readSessionCookies(header, PLAIN)).toHaveLength(8);
});

it.each([
  [
    { basePath: '', isSecure: true },
    `__Host-cd-helper-session=${ID}; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure`,
  ],
  [
    { basePath: '/cd', isSecure: true },
    `__Secure-cd-helper-session=${ID}; Path=/cd/; Max-Age=60; HttpOnly; SameSite=Strict; Secure`,
  ],
  [PLAIN, `cd-helper-session=${ID}; Path=/; Max-Age=60; HttpOnly; SameSite=Strict`],
])('prints and reads the cookie of %j', (place, printed) => {
  expect(printSessionCookie(ID, { ...place, seconds: 60 })).toBe(printed);
  expect(readSessionCookies(printed, place)).toEqual([ID]);
});

it.each([
  ['https://ci.example', 'http', true],
  ['http://ci.example', 'https', true],
  ['http://ci.example', 'http', false],
  [null, 'https', true],
  [null, 'http', false],
] as const)('with publicUrl %s and a request over %s: TLS %s', (publicUrl, protocol, isSecure) => {
  expect(createCookiePlace({ basePath: '', publicUrl })({ protocol })).toEqual({
    basePath: '',
    isSecure,
  });
});
