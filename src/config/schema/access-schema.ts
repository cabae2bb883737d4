import { hash } from 'node:crypto';
import type { z } from 'zod';
import { ROLES } from '../../core/contract/role.ts';
import { createSecret, type Secret } from '../../core/secret.ts';
import type { ApiToken, HookSecret, OidcConfig } from './config.ts';
import {
  flag,
  listOf,
  mapping,
  matching,
  name,
  network,
  oneOf,
  ownSecret,
  SHORTEST_SAFE_SECRET,
  text,
} from './fields.ts';
import { registryHost } from './registry-schema.ts';
import { isRepositoryPattern, wholePattern } from './repository-pattern.ts';

const limits = <T extends z.ZodType>(item: T, of: string) =>
  listOf(item, `a list of ${of}`)
    .min(1, { error: `at least one; leave the key out where all are meant` })
    .nullable()
    .default(null);

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Anyone who can change what is read from there can admit anyone. */
const safeAddress = () =>
  matching('an address that begins with https://', (value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, hostname } = new URL(value);
    return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
  });

const oidc: z.ZodType<OidcConfig> = mapping({
  audience: text('the audience that the push subscription was given'),
  email: matching('the address of a service account', (value) => /^[^\s@]+@[^\s@]+$/.test(value)),
  issuer: safeAddress().default('https://accounts.google.com'),
  keys: safeAddress().default('https://www.googleapis.com/oauth2/v3/certs'),
});

type WithValue = { readonly value: Secret | null; readonly allowShort: boolean };

/** A value that is not a valid secret is already reported. Despite its type, it is still a text then. */
const isLongEnough = ({ value, allowShort }: WithValue): boolean =>
  allowShort ||
  value === null ||
  typeof value === 'string' ||
  value.reveal().length >= SHORTEST_SAFE_SECRET;

/** Removes the flag, which is no longer needed. */
const withoutFlag = <T extends { readonly allowShort: boolean }>(
  entry: T,
): Omit<T, 'allowShort'> => {
  const { allowShort: _allowShort, ...rest } = entry;
  return rest;
};

const TOO_SHORT = {
  path: ['value'],
  error: `at least ${SHORTEST_SAFE_SECRET} characters, because shorter ones can be guessed; make one with: openssl rand -hex 24 (or, beside it in the file, allowShort: true)`,
};

/** One of `hooks.secrets`. */
export const hookSecret: z.ZodType<HookSecret> = mapping({
  name: name(),
  value: ownSecret().nullable().default(null),
  oidc: oidc.nullable().default(null),
  senders: limits(name(), 'senders'),
  registry: registryHost().nullable().default(null),
  virtualRepositories: limits(
    mapping({ local: name(), virtual: name() }),
    'pairs such as { local: docker-local, virtual: docker }',
  ),
  clusters: limits(name(), 'names of clusters'),
  repositories: limits(
    matching(
      'a pattern of registry and repository such as docker.io/acme/*, without a tag',
      isRepositoryPattern,
    ).transform(wholePattern),
    'patterns such as docker.io/acme/*',
  ),
  networks: limits(network(), 'addresses and networks'),
  outcome: flag().default(true),
  logs: flag().default(false),
  allowShort: flag().default(false),
})
  .refine((secret) => secret.value !== null || secret.oidc !== null, {
    path: ['value'],
    error: 'a secret without spaces; make one with: openssl rand -hex 24',
  })
  .refine(isLongEnough, TOO_SHORT)
  .transform((secret) => ({
    ...withoutFlag(secret),
    value: secret.value ?? createSecret(''),
  }));

const SHA256 = /^sha256:[0-9a-f]{64}$/i;

const tokenHash = () =>
  matching('sha256: and the 64 hexadecimal digits of the SHA-256 of the token', (value) =>
    SHA256.test(value),
  );

/** Tokens are sent in a header, which allows only these characters. */
const tokenValue = () =>
  ownSecret().refine((value) => /^[\x21-\x7e]+$/.test(value.reveal()), {
    error: 'a token of visible ASCII characters; make one with: openssl rand -hex 24',
  });

const pattern = () => text('a name, in which * stands for anything');

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A date means the end of that day, in UTC. */
const asTime = (value: string): Date => new Date(DAY.test(value) ? `${value}T23:59:59Z` : value);

/** `Date` would turn `2027-02-30` into another day. */
const isTime = (value: string): boolean => {
  if (!DAY.test(value) && !TIME.test(value)) return false;
  const time = asTime(value);
  if (Number.isNaN(time.getTime())) return false;
  return !DAY.test(value) || time.toISOString().startsWith(value);
};

const expiry = () =>
  matching('a day such as 2027-06-30, or a time such as 2027-06-30T18:00:00Z', isTime).transform(
    (value) => asTime(value).toISOString(),
  );

/** One of `api.tokens`. */
export const apiToken: z.ZodType<ApiToken> = mapping({
  name: name(),
  role: oneOf(ROLES),
  value: tokenValue().nullable().default(null),
  valueHash: tokenHash().nullable().default(null),
  clusters: limits(pattern(), 'patterns of clusters'),
  stacks: limits(pattern(), 'patterns of stacks'),
  expires: expiry().nullable().default(null),
  allowShort: flag().default(false),
})
  .refine(({ value, valueHash }) => value !== null || valueHash !== null, {
    path: ['value'],
    error: 'a secret without spaces, or valueHash; make one with: openssl rand -hex 24',
  })
  .refine(({ value, valueHash }) => value === null || valueHash === null, {
    path: ['valueHash'],
    error: 'either value or valueHash',
  })
  .refine(isLongEnough, TOO_SHORT)
  .transform(({ value, valueHash, clusters, stacks, expires, ...token }) => ({
    ...withoutFlag(token),
    scope: clusters === null && stacks === null ? null : { clusters, stacks },
    expiresAt: expires,
    value: value ?? createSecret(''),
    hash: valueHash?.slice('sha256:'.length).toLowerCase() ?? hash('sha256', value?.reveal() ?? ''),
  }));
