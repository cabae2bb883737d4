import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { loadConfig } from '../load-config.ts';
import { type ConfigProblem, formatProblems, printOrigin } from '../source/problem.ts';

const SECRET = 'a-secret-that-is-long';

const problemsOf = (
  yaml: string | null,
  env: Record<string, string> = {},
  files: Record<string, string> = {},
): readonly ConfigProblem[] => {
  const loaded = loadConfig({
    ...(yaml === null ? {} : { argvConfig: 'c.yaml' }),
    env,
    senders: ['docker-hub', 'nexus'],
    readFile: (path) => {
      const content = path === 'c.yaml' ? yaml : files[path];
      if (content === undefined || content === null) {
        throw Object.assign(new Error('no'), { code: path === '/denied' ? 'EACCES' : 'ENOENT' });
      }
      return content;
    },
  });
  return loaded.ok ? [] : loaded.problems;
};

const inShort = (problem: ConfigProblem): string =>
  [
    problem.origin === null ? '-' : printOrigin(problem.origin),
    problem.key ?? '-',
    problem.found,
    problem.hint ?? '-',
  ].join(' | ');

test.each([
  ['a misspelt key', 'listn: x', 'c.yaml:1:1 | listn | an unknown key | did you mean listen?'],
  [
    'a key of another world',
    'colour: x',
    'c.yaml:1:1 | … | an unknown key of 6 characters (not shown) | -',
  ],
  [
    'a key in snake case',
    '\nbase_path: /x',
    'c.yaml:2:1 | base_path | an unknown key | did you mean basePath?',
  ],
  [
    'a misspelt key deep inside',
    'clusters:\n  - name: a\n    type: engine\n    url: unix:///x\n    maxParalel: 4',
    'c.yaml:5:5 | clusters[0].maxParalel | an unknown key | did you mean maxParallel?',
  ],
  [
    'a misspelt …File',
    'clusters: [ { name: a, type: swarmpit, url: "http://s", token: x, tokenfile: y } ]',
    'c.yaml:1:67 | clusters[0].tokenfile | an unknown key | did you mean tokenFile?',
  ],
  ['a wrong type', 'metrics: { public: yes }', 'c.yaml:1:12 | metrics.public | "yes" | -'],
  ['a word', 'logLevel: warning', 'c.yaml:1:1 | logLevel | a text of 7 characters (not shown) | -'],
  ['a misspelt word', 'logLevel: inof', 'c.yaml:1:1 | logLevel | "inof" | did you mean info?'],
  ['a list where none belongs', 'store: [a]', 'c.yaml:1:1 | store | a list | -'],
  ['a mapping where a list belongs', 'clusters: { a: b }', 'c.yaml:1:1 | clusters | keys: a | -'],
  ['no clusters', 'clusters: []', 'c.yaml:1:1 | clusters | an empty list | -'],
  [
    'a missing key',
    'clusters:\n  - { name: a, type: engine }',
    'c.yaml:2:5 | clusters[0].url | nothing | -',
  ],
  [
    'an unknown kind of cluster',
    'clusters: [ { name: a, type: kubernetes, url: x } ]',
    'c.yaml:1:24 | clusters[0].type | a text of 10 characters (not shown) | -',
  ],
  [
    'an alias of nothing',
    'listen: *where',
    'c.yaml:1:1 | listen | an alias (*…) of a name that nothing has (&…) | -',
  ],
  [
    'two clusters of one name',
    'clusters:\n  - { name: a, type: engine, url: unix:///1 }\n  - { name: a, type: engine, url: unix:///2 }',
    'c.yaml:3:7 | clusters[1].name | the name that clusters[0].name (c.yaml:2:7) has too | -',
  ],
  [
    'two clusters at one address',
    'clusters:\n  - { name: a, type: engine, url: unix:///1 }\n  - { name: b, type: engine, url: unix:///1 }',
    'c.yaml:3:30 | clusters[1].url | the address that clusters[0].url (c.yaml:2:30) has too | -',
  ],
  [
    'two clusters at one address, spelt otherwise',
    'clusters:\n  - { name: a, type: engine, url: "tcp://X:2375" }\n  - { name: b, type: engine, url: "tcp://x:2375/" }',
    'c.yaml:3:30 | clusters[1].url | the address that clusters[0].url (c.yaml:2:30) has too | -',
  ],
  [
    'one Swarmpit with and without /api',
    'clusters:\n  - { name: a, type: swarmpit, url: "http://s/api", token: x }\n  - { name: b, type: swarmpit, url: "http://s:80", token: y }',
    'c.yaml:3:32 | clusters[1].url | the address that clusters[0].url (c.yaml:2:32) has too | -',
  ],
  [
    'an unknown cluster at a hook secret',
    `clusters: [ { name: qa, type: engine, url: unix:///1 } ]\nhooks: { secrets: [ { name: a, value: ${SECRET}, clusters: [qq] } ] }`,
    'c.yaml:2:73 | hooks.secrets[0].clusters[0] | "qq", which is no configured cluster | did you mean qa?',
  ],
  [
    'an unknown sender',
    `hooks: { secrets: [ { name: a, value: ${SECRET}, senders: [nexsus] } ] }`,
    'c.yaml:1:72 | hooks.secrets[0].senders[0] | "nexsus", which is no known sender | did you mean nexus?',
  ],
  [
    'a limit that lets nobody in',
    `hooks: { secrets: [ { name: a, value: ${SECRET}, senders: [] } ] }`,
    'c.yaml:1:62 | hooks.secrets[0].senders | an empty list | -',
  ],
  [
    'one secret twice',
    `hooks: { secrets: [ { name: a, value: ${SECRET} } ] }\napi: { tokens: [ { name: a, role: viewer, value: ${SECRET} } ] }`,
    'c.yaml:2:43 | api.tokens[0].value | the same value as hooks.secrets[0].value (c.yaml:1:32) | -',
  ],
  [
    'a token beside the hash of a secret',
    `hooks: { secrets: [ { name: a, value: ${SECRET} } ] }\napi: { tokens: [ { name: a, role: viewer, valueHash: "sha256:${hash('sha256', SECRET)}" } ] }`,
    'c.yaml:2:43 | api.tokens[0].valueHash | the same value as hooks.secrets[0].value (c.yaml:1:32) | -',
  ],
  [
    'a token where its hash belongs, which is not shown',
    `api: { tokens: [ { name: a, role: viewer, valueHash: ${SECRET} } ] }`,
    `c.yaml:1:43 | api.tokens[0].valueHash | a text of ${SECRET.length} characters (not shown) | -`,
  ],
  [
    'a token and its hash',
    `api: { tokens: [ { name: a, role: viewer, value: ${SECRET}-a, valueHash: "sha256:${hash('sha256', SECRET)}" } ] }`,
    `c.yaml:1:${54 + SECRET.length} | api.tokens[0].valueHash | a text of 71 characters (not shown) | -`,
  ],
  [
    'a token that no header can hold',
    'api: { tokens: [ { name: a, role: viewer, value: tökén-0123456789 } ] }',
    'c.yaml:1:43 | api.tokens[0].value | a text of 16 characters (not shown) | -',
  ],
  [
    'neither a token nor its hash',
    'api: { tokens: [ { name: a, role: viewer } ] }',
    'c.yaml:1:18 | api.tokens[0].value | nothing | -',
  ],
  [
    'neither a secret nor a token',
    'hooks: { secrets: [ { name: a } ] }',
    'c.yaml:1:21 | hooks.secrets[0].value | nothing | -',
  ],
  [
    'a token of which the account is not said',
    'hooks: { secrets: [ { name: a, oidc: { audience: b } } ] }',
    'c.yaml:1:32 | hooks.secrets[0].oidc.email | nothing | -',
  ],
  [
    'keys that anybody on the way can change',
    'hooks: { secrets: [ { name: a, oidc: { audience: b, email: c@d, keys: "http://e/f" } } ] }',
    'c.yaml:1:65 | hooks.secrets[0].oidc.keys | a text of 10 characters that begins with http:// (not shown) | -',
  ],
  [
    'two sign-ins for a registry',
    'registries:\n  - { host: docker.io, username: a, password: b }\n  - { host: docker.io, username: c, password: d }',
    'c.yaml:3:24 | registries[1].username | a second username for the same host; the first is at registries[0].host (c.yaml:2:7) | -',
  ],
  [
    'half a sign-in',
    'registries: [ { host: docker.io, username: a } ]',
    'c.yaml:1:15 | registries[0] | keys: host, username | -',
  ],
  [
    'a bad cron',
    'smartRedeploy: { schedule: "61 * * * *" }',
    'c.yaml:1:18 | smartRedeploy.schedule | "61 * * * *" | -',
  ],
  [
    'a day that never comes',
    'smartRedeploy: { schedule: "0 0 30 2 *" }',
    'c.yaml:1:18 | smartRedeploy.schedule | "0 0 30 2 *" | -',
  ],
  [
    'a bad zone',
    'smartRedeploy: { timeZone: Mars }',
    'c.yaml:1:18 | smartRedeploy.timeZone | a text of 4 characters (not shown) | -',
  ],
  [
    'a duration without unit',
    'smartRedeploy: { jitter: 5 }',
    'c.yaml:1:18 | smartRedeploy.jitter | 5 | -',
  ],
  [
    'a zone without a schedule',
    'smartRedeploy: { timeZone: Europe/Madrid, onStart: report }',
    'c.yaml:1:18 | smartRedeploy.timeZone | "Europe/Madrid", which does nothing without a schedule | -',
  ],
  [
    'a mode without a schedule',
    'smartRedeploy: { mode: deploy, onStart: report }',
    'c.yaml:1:18 | smartRedeploy.mode | "deploy", which does nothing without a schedule | onStart already says what a run at the start does',
  ],
  [
    'a jitter without a schedule',
    'smartRedeploy: { jitter: 10m }',
    'c.yaml:1:18 | smartRedeploy.jitter | "10m", which does nothing without a schedule | -',
  ],
  [
    'a bad address',
    'trustedProxies: [10.0.0.0/33]',
    'c.yaml:1:18 | trustedProxies[0] | "10.0.0.0/33" | -',
  ],
  [
    'a bad port',
    'listen: localhost:99999',
    'c.yaml:1:1 | listen | a text of 15 characters (not shown) | -',
  ],
  [
    'a path that climbs',
    'basePath: /a/../b',
    'c.yaml:1:1 | basePath | a text of 7 characters (not shown) | -',
  ],
  [
    'a sign-in in an address is not shown',
    'clusters: [ { name: a, type: engine, url: "https://me:p@ss@host" } ]',
    'c.yaml:1:38 | clusters[0].url | a text of 20 characters that begins with https:// (not shown) | -',
  ],
  [
    'a secret with a space is not shown',
    'hooks: { secrets: [ { name: a, value: "a b" } ] }',
    'c.yaml:1:32 | hooks.secrets[0].value | a text of 3 characters (not shown) | -',
  ],
  [
    'a secret that can be guessed',
    'hooks: { secrets: [ { name: a, value: fifteen-letters } ] }',
    'c.yaml:1:32 | hooks.secrets[0].value | a text of 15 characters (not shown) | -',
  ],
  [
    'a token that can be guessed',
    'api: { tokens: [ { name: a, role: viewer, value: fifteen-letters } ] }',
    'c.yaml:1:43 | api.tokens[0].value | a text of 15 characters (not shown) | -',
  ],
  [
    'a secret that YAML takes for a number is not shown',
    'hooks: { secrets: [ { name: a, value: 1234567890123456 } ] }',
    'c.yaml:1:32 | hooks.secrets[0].value | a number (not shown); put it in quotes | -',
  ],
  [
    'a bad web hook address is not shown',
    'notifications: [ { name: a, type: slack, url: chat.local/abc } ]',
    'c.yaml:1:42 | notifications[0].url | a text of 14 characters (not shown) | -',
  ],
  [
    'a file that is not there',
    'hooks: { secrets: [ { name: a, valueFile: /nope } ] }',
    'c.yaml:1:32 | hooks.secrets[0].valueFile | /nope: there is no such file (ENOENT) | -',
  ],
  [
    'a file that may not be read',
    'hooks: { secrets: [ { name: a, valueFile: /denied } ] }',
    'c.yaml:1:32 | hooks.secrets[0].valueFile | /denied: permission denied (EACCES) | -',
  ],
  [
    'an empty secret file',
    'hooks: { secrets: [ { name: a, valueFile: /empty } ] }',
    'c.yaml:1:32 | hooks.secrets[0].valueFile | /empty: it is empty | -',
  ],
  [
    'value and valueFile',
    `hooks: { secrets: [ { name: a, value: ${SECRET}, valueFile: /empty } ] }`,
    'c.yaml:1:62 | hooks.secrets[0].valueFile | value and valueFile | -',
  ],
  [
    'a variable that is not set',
    'store: "${NOWHERE}"',
    'c.yaml:1:1 | store | ${NOWHERE}, and the variable NOWHERE is not set | -',
  ],
  [
    'half a sign-in whose other half cannot be had',
    'registries: [ { host: docker.io, username: a, passwordFile: /nope } ]',
    'c.yaml:1:47 | registries[0].passwordFile | /nope: there is no such file (ENOENT) | -',
  ],
  [
    'half a certificate whose other half cannot be had',
    'registries: [ { host: a.local, tls: { cert: "-----BEGIN X", keyFile: /nope } } ]',
    'c.yaml:1:61 | registries[0].tls.keyFile | /nope: there is no such file (ENOENT) | -',
  ],
  [
    'an authority beside any certificate',
    'registries: [ { host: a.local, tls: { ca: "-----BEGIN X", skipVerify: true } } ]',
    'c.yaml:1:32 | registries[0].tls | keys: ca, skipVerify | -',
  ],
  [
    'a path with more than credentials',
    'registries: [ { host: a.local/group, username: a, password: b, insecure: true } ]',
    'c.yaml:1:15 | registries[0] | keys: host, username, password, insecure | -',
  ],
  [
    'a path without credentials',
    'registries: [ { host: a.local/group } ]',
    'c.yaml:1:15 | registries[0] | keys: host | -',
  ],
  [
    'a path that is none',
    'registries: [ { host: a.local/Group, username: a, password: b } ]',
    'c.yaml:1:17 | registries[0].host | a text of 13 characters (not shown) | -',
  ],
  [
    'a proxy that is none, which may carry a password',
    'registries: [ { host: a.local, proxy: "ftp://a:secret@b" } ]',
    'c.yaml:1:32 | registries[0].proxy | a text of 16 characters (not shown) | -',
  ],
  [
    'a time that is too long',
    'registries: [ { host: a.local, timeout: 3m } ]',
    'c.yaml:1:32 | registries[0].timeout | "3m" | -',
  ],
  [
    'certificates for a socket',
    'clusters: [ { name: a, type: engine, url: unix:///x, tls: { ca: "-----BEGIN X" } } ]',
    'c.yaml:1:54 | clusters[0].tls | keys: ca | -',
  ],
  [
    'certificates for an engine over HTTP',
    'clusters: [ { name: a, type: engine, url: "http://x:2375", tls: { ca: "-----BEGIN X" } } ]',
    'c.yaml:1:60 | clusters[0].tls | keys: ca | -',
  ],
  [
    'certificates for Swarmpit, which would not be used',
    'clusters: [ { name: a, type: swarmpit, url: "https://s", token: x, tls: { ca: "-----BEGIN X" } } ]',
    'c.yaml:1:68 | clusters[0].tls | an unknown key | -',
  ],
  ['a store that no restart outlives', 'store: ":memory:"', 'c.yaml:1:1 | store | ":memory:" | -'],
  [
    'a path that stands at the root already',
    'basePath: readyz/',
    'c.yaml:1:1 | basePath | a text of 7 characters (not shown) | -',
  ],
  [
    'a channel that is told nothing',
    'notifications: [ { name: a, type: slack, url: "http://x", states: [] } ]',
    'c.yaml:1:59 | notifications[0].states | an empty list | -',
  ],
  [
    'a tag in a pattern of repositories',
    `hooks: { secrets: [ { name: a, value: ${SECRET}, repositories: ["docker.io/acme/web:v1"] } ] }`,
    'c.yaml:1:77 | hooks.secrets[0].repositories[0] | a text of 21 characters (not shown) | -',
  ],
  ['a list', '- a', 'c.yaml:1:1 | - | a list | -'],
  [
    'a prototype key',
    '__proto__: { listen: x }',
    'c.yaml:1:1 | … | an unknown key of 9 characters (not shown) | -',
  ],
])('%s', (_, yaml, expected) => {
  expect(problemsOf(yaml, {}, { '/empty': '\n' }).map(inShort)).toEqual([expected]);
});

test('a misspelt kind of cluster hides nothing else that is wrong with it', () => {
  const yaml = 'clusters: [ { name: a, type: swarmpitt, selct: all } ]';
  expect(problemsOf(yaml, {}).map(inShort)).toEqual([
    'c.yaml:1:13 | clusters[0].url | nothing | -',
    'c.yaml:1:13 | clusters[0].token | nothing | -',
    'c.yaml:1:24 | clusters[0].type | "swarmpitt" | did you mean swarmpit?',
    'c.yaml:1:41 | clusters[0].selct | an unknown key | did you mean select?',
  ]);
});

test.each([
  [
    'a misspelt variable',
    { CD_HELPER_HOOK_SECRETS: 'x' },
    'CD_HELPER_HOOK_SECRETS | - | an unknown variable | did you mean CD_HELPER_HOOK_SECRET?',
  ],
  [
    'the port of the stack files, which the helper does not read',
    { CD_HELPER_PORT: '9000' },
    'CD_HELPER_PORT | - | an unknown variable | did you mean CD_HELPER_LISTEN? CD_HELPER_PORT is for the stack files alone',
  ],
  [
    'another name of the token',
    { CD_HELPER_TOKEN: 'x' },
    'CD_HELPER_TOKEN | - | an unknown variable | did you mean CD_HELPER_API_TOKEN?',
  ],
  [
    'both forms of a variable',
    { CD_HELPER_API_TOKEN: SECRET, CD_HELPER_API_TOKEN_FILE: '/x' },
    'CD_HELPER_API_TOKEN | - | CD_HELPER_API_TOKEN and CD_HELPER_API_TOKEN_FILE | -',
  ],
  [
    'a file that is not there',
    { CD_HELPER_API_TOKEN_FILE: '/x' },
    'CD_HELPER_API_TOKEN_FILE | - | /x: there is no such file (ENOENT) | -',
  ],
  [
    'a secret with a space',
    { CD_HELPER_HOOK_SECRET: `${SECRET},a b` },
    'CD_HELPER_HOOK_SECRET | hooks.secrets[1].value | a text of 3 characters (not shown) | -',
  ],
  [
    'half of Swarmpit',
    { CD_HELPER_SWARMPIT_URL: 'http://s' },
    'CD_HELPER_SWARMPIT_TOKEN | clusters[0].token | nothing | -',
  ],
  [
    'two clusters',
    {
      CD_HELPER_SWARMPIT_URL: 'http://s',
      CD_HELPER_SWARMPIT_TOKEN: 't',
      CD_HELPER_ENGINE_URL: 'unix:///x',
    },
    'CD_HELPER_ENGINE_URL | - | CD_HELPER_ENGINE_URL beside CD_HELPER_SWARMPIT_URL and CD_HELPER_SWARMPIT_TOKEN | -',
  ],
  [
    'half a certificate',
    { CD_HELPER_ENGINE_URL: 'tcp://x:2376', CD_HELPER_ENGINE_CERT: '-----BEGIN X' },
    'CD_HELPER_ENGINE_CERT | clusters[0].tls | keys: cert | -',
  ],
  [
    'a bad level',
    { CD_HELPER_LOG_LEVEL: 'loud' },
    'CD_HELPER_LOG_LEVEL | logLevel | a text of 4 characters (not shown) | -',
  ],
  [
    'no configuration at the address',
    { CD_HELPER_CONFIG: '/nope.yaml' },
    'CD_HELPER_CONFIG | - | /nope.yaml: there is no such file (ENOENT) | -',
  ],
])('variables: %s', (_, env, expected) => {
  expect(problemsOf(null, env).map(inShort)).toEqual([expected]);
});

test('what the variables lack is not told where the file may have it, could it be read', () => {
  const env = { CD_HELPER_SWARMPIT_URL: 'http://swarmpit:8080' };
  expect(problemsOf('listen: x', env)).toHaveLength(2);
  expect(problemsOf('clusters: [', env).map(({ key }) => key)).toEqual([null]);
});

test('cluster variables beside the clusters of the file: each is named', () => {
  const problems = problemsOf('clusters: [ { name: a, type: engine, url: unix:///1 } ]', {
    CD_HELPER_ENGINE_URL: 'unix:///2',
    CD_HELPER_SELECT: 'labelled',
  });
  expect(problems.map(({ hint }) => hint)).toEqual([
    'remove CD_HELPER_ENGINE_URL, or the clusters from the file',
    'remove CD_HELPER_SELECT, or the clusters from the file',
  ]);
});

test('what the stack files take from the shell may stand in it', () => {
  const shell = {
    CD_HELPER_IMAGE: 'registry.example/cd-helper:latest',
    CD_HELPER_PORT_MODE: 'host',
    CD_HELPER_MONITOR: '1m',
  };
  expect(problemsOf(null, shell)).toEqual([]);
});

test('a variable that the file asks for is not unknown', () => {
  expect(problemsOf('store: "${CD_HELPER_VOLUME}/x.db"', { CD_HELPER_VOLUME: '/v' })).toEqual([]);
});

test('every mistake is told at once, in the order of the file', () => {
  const problems = problemsOf(
    `listn: x
clusters:
  - { name: a b, type: engine, url: ftp://x }
  - { name: c, type: swarmpit, url: "http://s", tokenFile: /nope, select: some }
hooks: { secrets: [ { name: d, value: "\${NONE}", clusters: [x] } ] }
retention: { days: 0 }`,
    { CD_HELPER_LISTE: 'x' },
  );
  expect(problems.map(({ key, origin }) => key ?? (origin && printOrigin(origin)))).toEqual([
    'listn',
    'clusters[0].name',
    'clusters[0].url',
    'clusters[1].tokenFile',
    'clusters[1].select',
    'hooks.secrets[0].value',
    'hooks.secrets[0].clusters[0]',
    'retention.days',
    'CD_HELPER_LISTE',
  ]);
});

test.each([
  'smartRedeploy: { mode: report, timeZone: UTC, onStart: off }',
  'smartRedeploy: { mode: deploy, onStart: deploy }',
  'smartRedeploy: { schedule: null, mode: deploy, timeZone: Europe/Madrid, jitter: 10m }',
  'smartRedeploy: { schedule: "0 4 * * *", mode: deploy, timeZone: Europe/Madrid, jitter: 10m }',
])('%s says nothing that is not heeded', (yaml) => {
  expect(problemsOf(yaml)).toEqual([]);
});

test('no problem ever shows a secret', () => {
  const shown = formatProblems(
    problemsOf(
      `hooks: { secrets: [ { name: a, value: "with space s3cr3t" }, { name: b, value: [s3cr3t] } ] }
registries: [ { host: x, username: u, password: " s3cr3t" } ]
clusters: [ { name: a, type: swarmpit, url: "http://u:s3cr3t@s", token: { s: t } } ]
store: ["\${FROM_ENV}"]
logLevel: "\${FROM_ENV}"`,
      { FROM_ENV: 's3cr3t' },
    ),
  );
  expect(shown).toContain('store');
  expect(shown).toContain('logLevel');
  expect(shown).not.toContain('s3cr3t');
});

test('the account reads well', () => {
  expect(formatProblems(problemsOf('listn: x'))).toBe(`The configuration has a mistake:

  c.yaml:1:1  listn
    found     an unknown key
    expected  one of listen, basePath, publicUrl, trustedProxies, store, logLevel, clusters, registries, dockerConfig, hooks, api, metrics, smartRedeploy, notifications, policies, forges, retention
    did you mean listen?`);
});
