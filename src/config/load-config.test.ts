import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Config } from './schema/config.ts';
import { loadConfig } from './load-config.ts';
import { formatProblems } from './source/problem.ts';

const SECRET = 'a-secret-that-is-long';

const load = (
  yaml: string | null,
  env: Record<string, string> = {},
  files: Record<string, string> = {},
): Config => {
  const all: Record<string, string> = yaml === null ? files : { ...files, 'c.yaml': yaml };
  const loaded = loadConfig({
    ...(yaml === null ? {} : { argvConfig: 'c.yaml' }),
    env,
    readFile: (path) => {
      const content = all[path];
      if (content === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' });
      return content;
    },
  });
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  return loaded.config;
};

test('nothing said gives one engine and the defaults', () => {
  expect(load(null)).toEqual({
    file: null,
    listen: { host: '0.0.0.0', port: 8080 },
    basePath: '',
    publicUrl: null,
    trustedProxies: [],
    store: { kind: 'sqlite', path: './data/cd-helper.db' },
    logLevel: 'info',
    clusters: [
      {
        name: 'default',
        type: 'engine',
        url: 'unix:///var/run/docker.sock',
        select: 'all',
        maxParallel: 4,
        tls: null,
      },
    ],
    registries: [],
    proxies: { https: null, http: null, bypass: '' },
    dockerConfig: null,
    hooks: { secrets: [] },
    api: { tokens: [] },
    metrics: { public: false },
    smartRedeploy: {
      schedule: null,
      timeZone: 'UTC',
      mode: 'report',
      onStart: 'first',
      jitterMs: 0,
    },
    notifications: [],
    policies: [],
    forges: [],
    retention: { ageMs: 90 * 86_400_000, deployments: 10_000, bytes: 500_000_000 },
  });
});

const EXAMPLE = `
listen: 0.0.0.0:8080
basePath: /cd-helper
store: /data/cd-helper.db
clusters:
  - { name: production, type: engine, url: unix:///var/run/docker.sock, select: all, maxParallel: 4 }
  - { name: qa, type: swarmpit, url: http://swarmpit:8080, tokenFile: /run/secrets/swarmpit, select: labelled }
registries:
  - { host: docker.io, username: acme, passwordFile: /run/secrets/hub }
  - { host: registry.local:5000, insecure: true }
  - { host: docker.io, mirror: mirror.local:5000 }
dockerConfig: /root/.docker/config.json
hooks:
  secrets:
    - { name: docker-hub, valueFile: /run/secrets/hook }
    - { name: nexus, value: "\${NEXUS_SECRET}", senders: [nexus], registry: nexus.local:8082, clusters: [qa] }
api:
  tokens: [ { name: oncall, role: operator, valueFile: /run/secrets/api } ]
metrics: { public: false }
smartRedeploy: { schedule: "0 4 * * *", timeZone: Europe/Madrid, mode: report, onStart: off, jitter: 5m }
notifications:
  - { name: chat, type: slack, url: "https://chat.local/hooks/abc", states: [failed], clusters: [prod*] }
  - { name: bus, type: webhook, urlFile: /run/secrets/bus, secret: ${SECRET}-bus, logs: true }
  - { name: mail, type: apprise, url: "http://apprise:8000/notify/x", tags: [ops] }
retention: { days: 90, deployments: 10000, megabytes: 500 }
`;

test('the example of the documentation is read to its last key', () => {
  const config = load(
    EXAMPLE,
    { NEXUS_SECRET: `${SECRET}-nexus` },
    {
      '/run/secrets/swarmpit': 'Bearer abc\n',
      '/run/secrets/hub': 'hub-password\n',
      '/run/secrets/hook': `${SECRET}-hub\r\n`,
      '/run/secrets/api': `${SECRET}-api`,
      '/run/secrets/bus': 'https://bus.local/in?token=x\n',
    },
  );
  const [production, qa] = config.clusters;
  expect(production).toMatchObject({ name: 'production', type: 'engine', maxParallel: 4 });
  expect(qa).toMatchObject({ name: 'qa', url: 'http://swarmpit:8080', select: 'labelled' });
  expect(qa?.type === 'swarmpit' && qa.token.reveal()).toBe('Bearer abc');
  const [hub, local] = config.registries;
  expect(hub).toMatchObject({ host: 'docker.io', mirrors: ['mirror.local:5000'], concurrency: 8 });
  expect(hub?.credentials?.username).toBe('acme');
  expect(hub?.credentials?.password.reveal()).toBe('hub-password');
  expect(local).toMatchObject({ host: 'registry.local:5000', insecure: true, credentials: null });
  const [dockerHub, nexus] = config.hooks.secrets;
  expect(dockerHub?.value.reveal()).toBe(`${SECRET}-hub`);
  expect(dockerHub?.senders).toBeNull();
  expect(nexus?.value.reveal()).toBe(`${SECRET}-nexus`);
  expect(nexus).toMatchObject({
    senders: ['nexus'],
    registry: 'nexus.local:8082',
    clusters: ['qa'],
  });
  expect(config.api.tokens[0]?.value.reveal()).toBe(`${SECRET}-api`);
  expect(config.api.tokens[0]?.hash).toBe(hash('sha256', `${SECRET}-api`));
  expect(config.smartRedeploy).toEqual({
    schedule: '0 4 * * *',
    timeZone: 'Europe/Madrid',
    mode: 'report',
    onStart: 'off',
    jitterMs: 300_000,
  });
  expect(config.notifications.map(({ name, type, logs }) => [name, type, logs])).toEqual([
    ['chat', 'slack', false],
    ['bus', 'webhook', true],
    ['mail', 'apprise', false],
  ]);
  expect(config.notifications[1]?.url.reveal()).toBe('https://bus.local/in?token=x');
  expect(JSON.stringify(config)).not.toContain(SECRET);
});

test('everything is frozen', () => {
  const config = load(null, { CD_HELPER_HOOK_SECRET: SECRET });
  const isFrozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen));
  expect(isFrozen(config)).toBe(true);
});

test('variables alone are enough', () => {
  const config = load(
    null,
    {
      CD_HELPER_LISTEN: '127.0.0.1:9000',
      CD_HELPER_BASE_PATH: '/cd-helper/',
      CD_HELPER_STORE: '/data/x.db',
      CD_HELPER_HOOK_SECRET: `${SECRET}-1, ${SECRET}-2`,
      CD_HELPER_API_TOKEN_FILE: '/run/secrets/api',
      CD_HELPER_SWARMPIT_URL: 'http://swarmpit:8080/api/',
      CD_HELPER_SWARMPIT_TOKEN: 'abc',
      CD_HELPER_REGISTRY_INSECURE: 'registry.local:5000,127.0.0.1:5001',
      CD_HELPER_SELECT: 'labelled',
      CD_HELPER_LOG_LEVEL: 'debug',
      CD_HELPER_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      CD_HELPER_METRICS_PUBLIC: 'true',
      // Set but empty, as stack files do with ${NAME:-}.
      CD_HELPER_ENGINE_URL: '',
      HOME: '/root',
    },
    { '/run/secrets/api': `${SECRET}-api\n` },
  );
  expect(config.listen).toEqual({ host: '127.0.0.1', port: 9000 });
  expect(config.basePath).toBe('/cd-helper');
  expect(config.hooks.secrets.map(({ name, value }) => [name, value.reveal()])).toEqual([
    ['default', `${SECRET}-1`],
    ['default-2', `${SECRET}-2`],
  ]);
  expect(config.api.tokens.map(({ name, role }) => [name, role])).toEqual([
    ['default', 'operator'],
  ]);
  expect(config.api.tokens[0]?.value.reveal()).toBe(`${SECRET}-api`);
  expect(config.clusters).toMatchObject([
    { name: 'default', type: 'swarmpit', url: 'http://swarmpit:8080', select: 'labelled' },
  ]);
  expect(config.registries.map(({ host, insecure }) => [host, insecure])).toEqual([
    ['registry.local:5000', true],
    ['127.0.0.1:5001', true],
  ]);
  expect(config).toMatchObject({
    store: { kind: 'sqlite', path: '/data/x.db' },
    logLevel: 'debug',
    trustedProxies: ['10.0.0.0/8', '::1'],
    metrics: { public: true },
  });
});

test('a variable wins over the same key of the file, and adds to its lists', () => {
  const config = load(
    `
listen: 127.0.0.1:1
store: /file.db
hooks: { secrets: [ { name: hub, value: ${SECRET}-hub } ] }
registries: [ { host: registry.local:5000, username: u, password: p } ]
`,
    {
      CD_HELPER_LISTEN: '127.0.0.1:2',
      CD_HELPER_HOOK_SECRET: SECRET,
      CD_HELPER_REGISTRY_INSECURE: 'registry.local:5000',
    },
  );
  expect(config.listen.port).toBe(2);
  expect(config.store).toEqual({ kind: 'sqlite', path: '/file.db' });
  expect(config.hooks.secrets.map(({ name }) => name)).toEqual(['hub', 'default']);
  expect(config.registries).toHaveLength(1);
  expect(config.registries[0]).toMatchObject({ insecure: true, credentials: { username: 'u' } });
});

test.each([
  ['', ''],
  ['/', ''],
  ['cd-helper', '/cd-helper'],
  ['/a/b/', '/a/b'],
  ['//a', '/a'],
])('base path %j is %j', (said, is) => {
  expect(load(`basePath: ${JSON.stringify(said)}`).basePath).toBe(is);
});

test.each([
  ['8080', '0.0.0.0', 8080],
  ['":8080"', '0.0.0.0', 8080],
  ['"[::]:80"', '::', 80],
  ['localhost:0', 'localhost', 0],
])('listen: %s', (said, host, port) => {
  expect(load(`listen: ${said}`).listen).toEqual({ host, port });
});

test('numbers and flags may be filled in, a key without a value is not said', () => {
  const config = load(
    'retention: { days: "${DAYS}" }\nmetrics: { public: "${PUBLIC:-true}" }\nclusters:\nbasePath:\n',
    { DAYS: '7' },
  );
  expect(config.retention.ageMs).toBe(7 * 86_400_000);
  expect(config.metrics.public).toBe(true);
  expect(config.clusters).toHaveLength(1);
});

test('an empty file and one of comments alone are no mistakes', () => {
  expect(load('').file).toBe('c.yaml');
  expect(load('# nothing yet\n').clusters).toHaveLength(1);
});

test('aliases are followed', () => {
  const config = load(
    `registries:\n  - &hub { host: a.local, insecure: &on true }\n  - { host: b.local, insecure: *on }\n`,
  );
  expect(config.registries.map(({ insecure }) => insecure)).toEqual([true, true]);
});

test('docker.io has one name', () => {
  const { registries } = load('registries: [ { host: index.docker.io, insecure: false } ]');
  expect(registries[0]?.host).toBe('docker.io');
});

test('a client certificate', () => {
  const pem = '-----BEGIN X-----\nabc\n-----END X-----\n';
  const config = load(
    'clusters: [ { name: a, type: engine, url: "tcp://10.0.0.5:2376", tls: { caFile: ca, certFile: cert, keyFile: key } } ]',
    {},
    { ca: pem, cert: pem, key: pem },
  );
  const [cluster] = config.clusters;
  const tls = cluster?.type === 'engine' ? cluster.tls : null;
  expect(tls?.ca).toContain('BEGIN');
  expect(tls?.key?.reveal()).toContain('BEGIN');
});

test('a hook may be proved by a token in place of a secret', () => {
  const yaml = `hooks: { secrets: [
    { name: a, oidc: { audience: "https://x/hooks", email: p@acme.iam } },
    { name: b, value: ${SECRET} } ] }`;
  const [token, secret] = load(yaml).hooks.secrets;
  expect(token?.value.reveal()).toBe('');
  expect(token?.oidc).toEqual({
    audience: 'https://x/hooks',
    email: 'p@acme.iam',
    issuer: 'https://accounts.google.com',
    keys: 'https://www.googleapis.com/oauth2/v3/certs',
  });
  expect(secret?.oidc).toBeNull();
});

test('patterns of repositories are meant as images are written', () => {
  const yaml = `hooks: { secrets: [ { name: a, value: ${SECRET}, repositories: ["acme/*", nginx] } ] }`;
  expect(load(yaml).hooks.secrets[0]?.repositories).toEqual([
    'docker.io/acme/*',
    'docker.io/library/nginx',
  ]);
});

test('clusters of a channel are patterns', () => {
  const channel =
    'notifications: [ { name: a, type: slack, url: "http://x", clusters: ["defaul?"] } ]';
  expect(load(channel).notifications[0]?.clusters).toEqual(['defaul?']);
});

test('proxies are told by the environment as every program has them', () => {
  const { proxies } = load(null, {
    https_proxy: 'http://small:3128',
    HTTPS_PROXY: 'http://CAPITAL:3128',
    HTTP_PROXY: ' proxy.example:3128 ',
    NO_PROXY: '10.0.0.0/8,.corp.example',
  });
  expect(proxies.https?.reveal()).toBe('http://small:3128');
  expect(proxies.http?.reveal()).toBe('http://proxy.example:3128');
  expect(proxies.bypass).toBe('10.0.0.0/8,.corp.example');
});

test('a registry may have a proxy of its own, a time, and what it follows', () => {
  const { registries } = load(
    `registries:
  - { host: a.example, proxy: none, timeout: 30s, follow: index, tls: { skipVerify: true } }
  - { host: b.example, proxyFile: /run/secrets/proxy }
`,
    {},
    { '/run/secrets/proxy': 'http://u:p@proxy:3128' },
  );
  expect(registries[0]).toMatchObject({
    proxy: 'none',
    timeoutMs: 30_000,
    follow: 'index',
    tls: { ca: null, cert: null, key: null, skipVerify: true },
  });
  const [, { proxy } = {}] = registries;
  expect(typeof proxy === 'object' && proxy?.reveal()).toBe('http://u:p@proxy:3128');
});

test('paths of a host have credentials of their own, and the host keeps the rest', () => {
  const { registries } = load(`registries:
  - { host: r.example/group, username: one, password: x }
  - { host: r.example, insecure: true, username: whole, password: x }
  - { host: r.example/group/project, username: two, password: x }
`);
  expect(registries).toMatchObject([
    {
      host: 'r.example',
      insecure: true,
      credentials: { username: 'whole' },
      projects: [
        { path: 'group', username: 'one' },
        { path: 'group/project', username: 'two' },
      ],
    },
  ]);
});

test('hosts to sign in at are told by a variable too', () => {
  const { registries } = load(null, {
    CD_HELPER_REGISTRY_SIGN_IN_HOSTS: 'r.example=auth.example, s.example:5000=login.example:8443',
  });
  expect(registries.map(({ host, signInHosts }) => [host, signInHosts])).toEqual([
    ['r.example', ['auth.example']],
    ['s.example:5000', ['login.example:8443']],
  ]);
});

test('a short secret or token is taken where the file allows it', () => {
  const { hooks, api } = load(`
hooks: { secrets: [ { name: a, value: short, allowShort: true } ] }
api: { tokens: [ { name: b, role: viewer, value: brief, allowShort: true } ] }
`);
  expect(hooks.secrets[0]?.value.reveal()).toBe('short');
  expect(api.tokens[0]?.value.reveal()).toBe('brief');
});
