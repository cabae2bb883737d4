import type { z } from 'zod';
import { canonicalHost, isRegistryHost, PATH_PART } from '../../core/image/image-reference.ts';
import type { RegistryConfig } from './config.ts';
import {
  anySecret,
  duration,
  flag,
  integer,
  listOf,
  mapping,
  matching,
  oneOf,
  text,
} from './fields.ts';
import { proxy } from './proxy-schema.ts';
import { registryTls } from './tls-schema.ts';

/** Registries and proxies in front of them accept this many. */
const USUAL_CONCURRENCY = 8;
const MOST_CONCURRENCY = 64;
/** Leaves the nodes some pulls if a registry counts them. */
const USUAL_QUOTA_RESERVE = 10;

export const registryHost = () =>
  matching(
    'a host such as docker.io or registry.local:5000, without https://',
    isRegistryHost,
  ).transform(canonicalHost);

/** No push waits longer than that. */
const LONGEST_TIMEOUT_MS = 2 * 60_000;

const concurrency = `a whole number from 1 to ${MOST_CONCURRENCY}`;

/** A host, or a path of it with its own credentials. */
const registryPlace = matching(
  'a host such as docker.io or registry.local:5000, or a path of it such as registry.example/group/project, without https://',
  (value) => {
    const [host = '', ...path] = value.split('/');
    return isRegistryHost(host) && path.every((part) => PATH_PART.test(part));
  },
).transform((value) => {
  const [host = '', ...path] = value.split('/');
  return { host: canonicalHost(host), path: path.join('/') };
});

/** One of `registries`. Several may be about one host, each with other settings. */
export const registryEntry = mapping({
  host: registryPlace,
  insecure: flag().optional(),
  mirror: registryHost().optional(),
  mirrors: listOf(registryHost(), 'a list of hosts').optional(),
  username: text('a user name').optional(),
  password: anySecret('a password or an access token').optional(),
  tls: registryTls.optional(),
  proxy: proxy.optional(),
  signInHosts: listOf(registryHost(), 'a list of hosts').optional(),
  follow: oneOf(['platform', 'index']).optional(),
  timeout: duration()
    .refine((ms) => ms >= 1_000 && ms <= LONGEST_TIMEOUT_MS, { error: 'from 1s to 2m' })
    .optional(),
  concurrency: integer(concurrency, 1, MOST_CONCURRENCY).optional(),
  quotaReserve: integer('a whole number from 0 to 100000', 0, 100_000).optional(),
})
  .refine((value) => (value.username === undefined) === (value.password === undefined), {
    error: 'username and password together, or neither',
  })
  .refine(
    ({ host, username, ...others }) =>
      host.path === '' ||
      (username !== undefined &&
        Object.entries(others).every(([key, value]) => key === 'password' || value === undefined)),
    {
      error:
        'only username and password for a path of a host: all other keys belong to the entry for the host',
    },
  );

export type RegistryEntry = z.output<typeof registryEntry>;

const latest = <T>(
  entries: readonly RegistryEntry[],
  pick: (entry: RegistryEntry) => T | undefined,
) => entries.map(pick).findLast((value) => value !== undefined);

/** If several entries name the same path, the last one counts. */
const projectsOf = (about: readonly RegistryEntry[]): RegistryConfig['projects'] => [
  ...new Map(
    about.flatMap(({ host: { path }, username, password }) =>
      path === '' || username === undefined || password === undefined
        ? []
        : [[path, { path, username, password }] as const],
    ),
  ).values(),
];

/** Merges all entries of a host into one, in the order in which hosts were first named. */
export const mergeRegistries = (entries: readonly RegistryEntry[]): readonly RegistryConfig[] =>
  [...Map.groupBy(entries, (entry) => entry.host.host)].map(([host, about]): RegistryConfig => {
    const signIn = about.findLast(
      (entry) => entry.username !== undefined && entry.host.path === '',
    );
    const mirrors = about.flatMap((entry) => [
      ...(entry.mirror === undefined ? [] : [entry.mirror]),
      ...(entry.mirrors ?? []),
    ]);
    return {
      host,
      insecure: latest(about, (entry) => entry.insecure) ?? false,
      mirrors: [...new Set(mirrors)],
      credentials:
        signIn?.username === undefined || signIn.password === undefined
          ? null
          : { username: signIn.username, password: signIn.password },
      projects: projectsOf(about),
      proxy: latest(about, (entry) => entry.proxy) ?? null,
      tls: latest(about, (entry) => entry.tls) ?? null,
      signInHosts: [...new Set(about.flatMap((entry) => entry.signInHosts ?? []))],
      concurrency: latest(about, (entry) => entry.concurrency) ?? USUAL_CONCURRENCY,
      follow: latest(about, (entry) => entry.follow) ?? 'platform',
      timeoutMs: latest(about, (entry) => entry.timeout) ?? null,
      quotaReserve: latest(about, (entry) => entry.quotaReserve) ?? USUAL_QUOTA_RESERVE,
    };
  });
