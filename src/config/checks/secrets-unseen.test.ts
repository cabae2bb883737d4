import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { knownKeys } from './known-keys.ts';
import { loadConfig } from '../load-config.ts';
import { formatProblems } from '../source/problem.ts';

const GOOD = 'a-good-secret-0123456789';

/** A configuration that uses every section. Each test spoils one place in it. */
const whole = () => ({
  listen: '0.0.0.0:8080',
  basePath: '/cd',
  publicUrl: 'https://ci.example',
  trustedProxies: ['10.0.0.0/8'],
  store: '/data/x.db',
  logLevel: 'info',
  clusters: [
    { name: 'a', type: 'engine', url: 'unix:///x', select: 'all', maxParallel: 4 },
    { name: 'b', type: 'swarmpit', url: 'http://s', token: GOOD },
  ],
  registries: [
    { host: 'docker.io', username: 'acme', password: GOOD, timeout: '3s', follow: 'index' },
    { host: 'r.example', mirrors: ['m.example'], signInHosts: ['s.example'], proxy: 'none' },
    { host: 't.example', tls: { ca: '-----BEGIN X', cert: '-----BEGIN X', key: '-----BEGIN X' } },
  ],
  dockerConfig: '/c.json',
  hooks: {
    secrets: [
      {
        name: 'a',
        value: `${GOOD}-1`,
        senders: ['nexus'],
        registry: 'r.example',
        virtualRepositories: [{ local: 'l', virtual: 'v' }],
        clusters: ['a'],
        repositories: ['docker.io/acme/*'],
        networks: ['10.0.0.0/8'],
        outcome: true,
        logs: false,
        oidc: { audience: 'x', email: 'a@b', issuer: 'https://i', keys: 'https://k' },
      },
    ],
  },
  api: {
    tokens: [
      {
        name: 'a',
        role: 'viewer',
        value: `${GOOD}-2`,
        clusters: ['a'],
        stacks: ['s'],
        expires: '2027-06-30',
      },
    ],
  },
  metrics: { public: false },
  smartRedeploy: {
    schedule: '0 4 * * *',
    timeZone: 'UTC',
    mode: 'report',
    onStart: 'off',
    jitter: '1m',
  },
  notifications: [
    {
      name: 'a',
      type: 'webhook',
      url: 'https://x',
      secret: GOOD,
      states: ['failed'],
      services: ['*'],
      logs: true,
    },
    { name: 'b', type: 'apprise', url: 'https://x', tags: ['t'] },
  ],
  retention: { days: 1, deployments: 2, megabytes: 3 },
});

type Place = readonly (string | number)[];

const placesOf = (value: unknown, path: Place = []): readonly Place[] => {
  const inner = Array.isArray(value)
    ? value.flatMap((item, index) => placesOf(item, [...path, index]))
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, item]) => placesOf(item, [...path, key]))
      : [];
  return path.length === 0 ? inner : [path, ...inner];
};
const PLACES = placesOf(whole());

/** Puts a value in a place, or next to it under a key. */
const spoil = (
  place: Place,
  change: (parent: Record<string | number, unknown>, last: string | number) => void,
) => {
  const tree = whole();
  let at: unknown = tree;
  for (const part of place.slice(0, -1)) at = (at as Record<string | number, unknown>)[part];
  change(at as Record<string | number, unknown>, place.at(-1) ?? '');
  return tree;
};

const said = (text: string): string => {
  const loaded = loadConfig({
    argvConfig: 'c.yaml',
    env: {},
    senders: ['nexus'],
    readFile: (path) => {
      if (path === 'c.yaml') return text;
      throw Object.assign(new Error('no'), { code: 'ENOENT' });
    },
  });
  return loaded.ok ? '' : formatProblems(loaded.problems);
};

const CHARACTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789-_.!$+=@:%&#~'.split(
  '',
);
/** Secrets as people and generators make them. A string of fast-check may contain words such as `arguments`. */
const secret = fc.oneof(
  fc
    .array(fc.constantFrom(...CHARACTERS), { minLength: 8, maxLength: 40 })
    .map((all) => all.join(''))
    .filter((one) => /[a-z]/i.test(one)),
  fc.constantFrom(
    'correct horse battery staple',
    'Hunter2!Hunter2!',
    'ghp_0123456789abcdefABCDEF',
    '*starred-secret-1',
    '!tagged-secret-12',
    '%percent-secret-1',
    '&anchored-secret-1',
    '`quoted-secret-12',
  ),
);
/** Long enough not to occur in the text by chance. */
const isSaid = (text: string, hidden: string): boolean => text.includes(hidden);

test('no problem shows what stands in a place, whatever and wherever it is', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PLACES), secret, (place, hidden) => {
      const text = said(
        stringify(
          spoil(place, (parent, last) => {
            parent[last] = hidden;
          }),
        ),
      );
      expect(isSaid(text, hidden)).toBe(false);
    }),
    { numRuns: 600 },
  );
});

test('no problem shows a secret within an address or a pair', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...PLACES),
      secret,
      fc.constantFrom('user:', 'https://user:', 'https://h/?token=', 'Bearer ', 'x/'),
      (place, hidden, before) => {
        const tree = spoil(place, (parent, last) => {
          parent[last] = `${before}${hidden}@registry`;
        });
        expect(isSaid(said(stringify(tree)), hidden)).toBe(false);
      },
    ),
    { numRuns: 600 },
  );
});

test('no problem shows a secret that stands where a key belongs', () => {
  const keys = knownKeys();
  fc.assert(
    fc.property(fc.constantFrom(...PLACES), secret, (place, hidden) => {
      fc.pre(!keys.includes(hidden));
      const tree = spoil(place, (parent, last) => {
        if (Array.isArray(parent)) parent[Number(last)] = { [hidden]: { [hidden]: 1 } };
        else parent[hidden] = 'x';
      });
      expect(isSaid(said(stringify(tree)), hidden)).toBe(false);
    }),
    { numRuns: 600 },
  );
});

/** Similar to a key in spelling (`ca`, `environments`, `filters`), or with keys as its dot-separated parts. */
test.each(['--_.-.a_', 'en%arguments', 'MStter__', 'days.role', 'x.cert.y', 'key[0].name'])(
  'no problem shows %s where a key belongs',
  (hidden) => {
    for (const place of PLACES) {
      const tree = spoil(place, (parent, last) => {
        if (Array.isArray(parent)) parent[Number(last)] = { [hidden]: { [hidden]: 1 } };
        else parent[hidden] = 'x';
      });
      expect(said(stringify(tree))).not.toContain(hidden);
    }
  },
);

test('no problem shows a secret that was written without quotes, or as a file', () => {
  fc.assert(
    fc.property(
      secret,
      fc.constantFrom('role: ', 'password: ', 'passwordFile: ', '- ', '? ', '', 'a: b: ', '"'),
      (hidden, before) => {
        const text = said(`registries:\n  - host: docker.io\n    ${before}${hidden}\n`);
        expect(isSaid(text, hidden)).toBe(false);
      },
    ),
    { numRuns: 400 },
  );
});

test.each([
  ['host: "user:PASSWORD@registry"', 'PASSWORD'],
  ['host: docker.io, passwordFile: hunter2hunter2hunter2', 'hunter2'],
])('registries: [{ %s }] does not show %s', (entry, hidden) => {
  expect(said(`registries: [ { ${entry} } ]`)).not.toBe('');
  expect(said(`registries: [ { ${entry} } ]`)).not.toContain(hidden);
});
