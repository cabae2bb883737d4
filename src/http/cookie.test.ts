import { expect, it } from 'vitest';
import { printSessionCookie, readSessionCookie } from './cookie.ts';

const ID = 'a-_Z'.padEnd(43, '0');

it.each([
  ['alone', `cd-helper-session=${ID}`, ID],
  ['among others', `a=b; cd-helper-session=${ID}; c=d`, ID],
  ['after one that is none', `cd-helper-session=x; cd-helper-session=${ID}`, ID],
  ['of another name', `x-cd-helper-session=${ID}`, null],
  ['too long', `cd-helper-session=${ID}0`, null],
  ['with something after it', `cd-helper-session=${ID}=`, ID],
  ['empty', 'cd-helper-session=', null],
  ['without a value', 'cd-helper-session', null],
  ['nothing', '', null],
  ['no header', undefined, null],
])('a cookie %s', (_what, header, id) => {
  expect(readSessionCookie(header)).toBe(id);
});

it('is for the base path, hidden from scripts and other sites', () => {
  expect(printSessionCookie(ID, { basePath: '/cd', isSecure: true, seconds: 60 })).toBe(
    `cd-helper-session=${ID}; Path=/cd/; Max-Age=60; HttpOnly; SameSite=Strict; Secure`,
  );
  expect(printSessionCookie('', { basePath: '', isSecure: false, seconds: 0 })).toBe(
    'cd-helper-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
  );
});
