import type { z } from 'zod';
import type { ApiToken, HookSecret } from './config.ts';
import { listOf, mapping, name, network, oneOf, ownSecret, text } from './fields.ts';
import { registryHost } from './registry-schema.ts';

const limits = <T extends z.ZodType>(item: T, of: string) =>
  listOf(item, `a list of ${of}`)
    .min(1, { error: `at least one; leave the key out where all are meant` })
    .nullable()
    .default(null);

/** One of `hooks.secrets`. */
export const hookSecret: z.ZodType<HookSecret> = mapping({
  name: name(),
  value: ownSecret(),
  senders: limits(name(), 'senders'),
  registry: registryHost().nullable().default(null),
  clusters: limits(name(), 'names of clusters'),
  repositories: limits(
    text('a pattern of registry and repository such as docker.io/acme/*'),
    'patterns such as docker.io/acme/*',
  ),
  networks: limits(network(), 'addresses and networks'),
});

/** One of `api.tokens`. */
export const apiToken: z.ZodType<ApiToken> = mapping({
  name: name(),
  role: oneOf(['viewer', 'operator']),
  value: ownSecret(),
});
