import { expect, it } from 'vitest';
import { createOriginCheck } from './refuse-other-sites.ts';

const check = createOriginCheck('https://cd.example.org/base');
const own = { 'x-cd-helper': 'dashboard' };

it.each([
  ['nothing told', {}],
  ['the site', { 'sec-fetch-site': 'same-origin' }],
  ['its origin', { origin: 'http://desk.local:8080' }],
  ['its origin, over TLS', { origin: 'https://desk.local:8080' }],
  ['the public address', { origin: 'https://cd.example.org' }],
  [
    'the site, behind a proxy with another name',
    { 'sec-fetch-site': 'same-origin', origin: 'https://x.example' },
  ],
])('our own page may act: %s', (_what, headers) => {
  expect(check({ host: 'Desk.local:8080', headers: { ...own, ...headers } })).toBeNull();
});

it.each([
  ['without the header', { 'x-cd-helper': undefined }],
  ['with another value', { 'x-cd-helper': '1' }],
  ['from another site', { 'sec-fetch-site': 'cross-site' }],
  ['from a neighbour', { 'sec-fetch-site': 'same-site', origin: 'http://desk.local:8080' }],
  ['by a link', { 'sec-fetch-site': 'none' }],
  ['from another origin', { origin: 'https://evil.example' }],
  ['from another port', { origin: 'http://desk.local:8081' }],
  ['from a name that begins alike', { origin: 'http://desk.local:8080.evil.example' }],
  ['from a page without an origin', { origin: 'null' }],
  ['from what is no address', { origin: '' }],
])('no other may: %s', (_what, headers) => {
  const request = { host: 'desk.local:8080', headers: { ...own, ...headers } };
  for (const one of [check, createOriginCheck(null)]) {
    expect(one(request)).toMatchObject({ status: 403, code: 'cross-site' });
  }
});
