import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { apiToken, hookSecret } from './access-schema.ts';
import { cluster } from './cluster-schema.ts';
import type { Config } from './config.ts';
import { flag, integer, listOf, mapping, matching, network, oneOf, text, url } from './fields.ts';
import { forge } from './forge-schema.ts';
import { notification } from './notification-schema.ts';
import { policy } from './policy-schema.ts';
import { mergeRegistries, registryEntry } from './registry-schema.ts';
import { smartRedeploy } from './schedule-schema.ts';
import { store, USUAL_STORE } from './store-schema.ts';

const DAY_MS = 86_400_000;
const MEGABYTE = 1_000_000;

/** `host:port`, `[::1]:port`, `:port` or a port alone. The last two listen on all addresses. */
const parseListen = (value: string): { host: string; port: number } | null => {
  const [, host = '', port] = /^(?:(.*):)?(\d{1,5})$/.exec(value) ?? [];
  if (port === undefined || Number(port) > 65_535) return null;
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const isHost = bare === host ? /^[a-zA-Z0-9.-]*$/.test(host) : isIPv6(bare);
  return isHost ? { host: bare === '' ? '0.0.0.0' : bare, port: Number(port) } : null;
};

const NOWHERE = { host: '', port: 0 };

const listen = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  matching('host:port such as 0.0.0.0:8080', (value) => parseListen(value) !== null).transform(
    (value) => parseListen(value) ?? NOWHERE,
  ),
);

const normaliseBasePath = (value: string): string => {
  const inner = value.replace(/^\/+|\/+$/g, '');
  return inner === '' ? '' : `/${inner}`;
};

/** Addresses of health probes. They are at the root, whatever the base path is. */
const AT_THE_ROOT: readonly string[] = ['/healthz', '/readyz'];

const basePath = matching(
  'a path such as /cd-helper, made of letters, digits, ".", "_", "~" and "-", other than /healthz and /readyz',
  (value) =>
    /^(?:\/[a-zA-Z0-9._~-]+)*$/.test(normaliseBasePath(value)) &&
    !AT_THE_ROOT.includes(normaliseBasePath(value)) &&
    !/(?:^|\/)\.\.?(?:\/|$)/.test(value),
).transform(normaliseBasePath);

const count = (most: number) => integer(`a whole number from 1 to ${most}`, 1, most);

const retention = mapping({
  days: count(36_500).default(90),
  deployments: count(10_000_000).default(10_000),
  megabytes: count(1_000_000).default(500),
}).transform((value) => ({
  ageMs: value.days * DAY_MS,
  deployments: value.deployments,
  bytes: value.megabytes * MEGABYTE,
}));

/** The whole configuration, after variables and secret files were filled in. */
export const configSchema: z.ZodType<Omit<Config, 'file' | 'proxies'>> = mapping({
  listen: listen.default({ host: '0.0.0.0', port: 8080 }),
  basePath: basePath.default(''),
  publicUrl: url(
    'the address of the helper as others reach it, such as https://ci.example.org/cd-helper',
    ['http:', 'https:'],
  )
    .transform((value) => value.replace(/\/+$/, ''))
    .nullable()
    .default(null),
  trustedProxies: listOf(network(), 'a list of addresses and networks').default([]),
  store: store.default(USUAL_STORE),
  logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  clusters: listOf(cluster, 'a list of clusters').min(1, { error: 'at least one cluster' }),
  registries: listOf(registryEntry, 'a list of registries').default([]).transform(mergeRegistries),
  dockerConfig: text('the path of a Docker config.json').nullable().default(null),
  hooks: mapping({ secrets: listOf(hookSecret, 'a list of secrets').default([]) }).prefault({}),
  api: mapping({ tokens: listOf(apiToken, 'a list of tokens').default([]) }).prefault({}),
  metrics: mapping({ public: flag().default(false) }).prefault({}),
  smartRedeploy: smartRedeploy.prefault({}),
  notifications: listOf(notification, 'a list of notifications').default([]),
  policies: listOf(policy, 'a list of policies').default([]),
  forges: listOf(forge, 'a list of forges').default([]),
  retention: retention.prefault({}),
});
