import { expect, it } from 'vitest';
import { tokenExpiry } from './token-expiry.ts';

const token = (claims: unknown): string =>
  `Bearer head.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;

it.each<[string, string, string | null]>([
  ['one that expires', token({ exp: 1_800_000_000 }), '2027-01-15T08:00:00.000Z'],
  ['one that does not', token({ iss: 'swarmpit-api' }), null],
  ['one with another kind of time', token({ exp: 'soon' }), null],
  ['one with a time that no date has', token({ exp: 1e20 }), null],
  ['one that is no object', token(7), null],
  ['one that is no JWT', 'a-token', null],
  ['nothing', '', null],
])('tells of %s when', (_what, given, expected) => {
  expect(tokenExpiry(given)?.toISOString() ?? null).toBe(expected);
});
