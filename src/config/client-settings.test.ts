import { expect, test } from 'vitest';
import { type ClientInputs, readClientSettings } from './client-settings.ts';

const TOKEN = 'token-0123456789abcdef';
const PROFILE = '/home/me/.config/cd-helper/profile.yaml';

const read = (
  inputs: Partial<Pick<ClientInputs, 'url' | 'token' | 'config'>>,
  env: Record<string, string> = {},
  files: Record<string, string> = {},
  mode = 0o600,
): string => {
  const settings = readClientSettings({
    ...inputs,
    env: { HOME: '/home/me', ...env },
    readFile: (path) => {
      const content = files[path];
      if (content === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' });
      return content;
    },
    modeOf: (path) => (path in files ? mode : null),
  });
  return settings.ok
    ? `${settings.settings.url} ${settings.settings.token?.reveal() ?? 'none'}${settings.settings.isGuess ? ' (guess)' : ''}`
    : `${settings.problem} | ${settings.hint}`;
};

const profile = { [PROFILE]: `url: https://cd.local/x/\ntoken: ${TOKEN}-profile\n` };

test.each([
  ['nothing said', {}, {}, {}, 'http://127.0.0.1:8080 none (guess)'],
  ['options', { url: 'http://a/', token: 't' }, {}, profile, 'http://a t'],
  ['what a browser shows', { url: 'http://a/x/#/services?q=b' }, {}, {}, 'http://a/x none'],
  [
    'a token with a line break',
    { url: 'http://a' },
    { CD_HELPER_API_TOKEN: 'abc\n' },
    {},
    'the token has something in it that no token has, such as a space or the end of a line | --token, CD_HELPER_API_TOKEN or the profile gives it',
  ],
  [
    'a password in the address',
    { url: 'http://me:hunter2@a' },
    {},
    {},
    'the address of a helper has no user and no password in it | leave them out; the helper knows people by their token: cd-helper login',
  ],
  [
    'variables',
    {},
    { CD_HELPER_URL: 'http://a/cd-helper', CD_HELPER_API_TOKEN: 't' },
    profile,
    'http://a/cd-helper t',
  ],
  [
    'a token in a file',
    { url: 'http://a' },
    { CD_HELPER_API_TOKEN_FILE: '/t' },
    { '/t': 't\n' },
    'http://a t',
  ],
  ['a profile', {}, {}, profile, `https://cd.local/x ${TOKEN}-profile`],
  ['options over the profile', { token: 't' }, {}, profile, 'https://cd.local/x t'],
  [
    "the profile's token never goes elsewhere",
    { url: 'http://other' },
    {},
    profile,
    'http://other none',
  ],
  [
    "the profile's token goes to its own address",
    { url: 'https://cd.local/x' },
    {},
    profile,
    `https://cd.local/x ${TOKEN}-profile`,
  ],
  [
    'another folder',
    {},
    { XDG_CONFIG_HOME: '/c' },
    { '/c/cd-helper/profile.yaml': 'url: http://x' },
    'http://x none',
  ],
  ['another profile', {}, { CD_HELPER_PROFILE: '/p' }, { '/p': 'url: http://x' }, 'http://x none'],
  [
    "inside the helper's own container",
    {},
    { CD_HELPER_LISTEN: '0.0.0.0:9000', CD_HELPER_BASE_PATH: '/cd', CD_HELPER_API_TOKEN: TOKEN },
    {},
    `http://127.0.0.1:9000/cd ${TOKEN} (guess)`,
  ],
  [
    "beside the helper's own file",
    { config: 'c.yaml' },
    {},
    {
      'c.yaml': `listen: "[::]:1"\napi: { tokens: [ { name: v, role: viewer, value: ${TOKEN}-v }, { name: o, role: operator, value: ${TOKEN}-o } ] }`,
    },
    `http://[::1]:1 ${TOKEN}-o (guess)`,
  ],
  [
    'a token of the configuration never goes elsewhere',
    { url: 'http://a', config: 'c.yaml' },
    {},
    { 'c.yaml': `api: { tokens: [ { name: o, role: operator, value: ${TOKEN} } ] }` },
    'http://a none',
  ],
  [
    'no address',
    { url: 'cd.local' },
    {},
    {},
    '"cd.local" is no address of a helper | it begins with http:// or https://',
  ],
  [
    'a profile that is not there',
    {},
    { CD_HELPER_PROFILE: '/p' },
    {},
    '/p: there is no such file | CD_HELPER_PROFILE names it; cd-helper login writes it',
  ],
  [
    'no profile',
    {},
    {},
    { [PROFILE]: 'adress: x' },
    `${PROFILE} is no profile | it holds the keys url and token, and no other; cd-helper login writes it`,
  ],
  [
    'broken YAML is not quoted',
    {},
    {},
    { [PROFILE]: `token: "${TOKEN}` },
    `${PROFILE}: it is no YAML | it holds the keys url and token, and no other; cd-helper login writes it`,
  ],
] as const)('%s', (_, inputs, env, files, expected) => {
  expect(read(inputs, env, files)).toBe(expected);
});

test.each([0o644, 0o640, 0o660, 0o604])('a profile with mode %o is refused', (mode) => {
  expect(read({}, {}, profile, mode)).toBe(
    `${PROFILE} may be read by others, and holds a token | chmod 600 ${PROFILE}`,
  );
});
