import { z } from 'zod';
import { byType } from './by-type.ts';
import type { ClusterConfig } from './config.ts';
import { anySecret, integer, mapping, matching, name, oneOf, url } from './fields.ts';
import { tls } from './tls-schema.ts';

/** Enough to get through a big cluster quickly, and few enough that one bad push breaks few services at once. */
const USUAL_PARALLEL = 4;
const MOST_PARALLEL = 64;

const basics = {
  name: name(),
  select: oneOf(['all', 'labelled']).default('all'),
  maxParallel: integer(`a whole number from 1 to ${MOST_PARALLEL}`, 1, MOST_PARALLEL).default(
    USUAL_PARALLEL,
  ),
};

const ENGINE_URL =
  'the address of a Docker Engine such as unix:///var/run/docker.sock, tcp://10.0.0.5:2375 or https://10.0.0.5:2376';

const isEngineUrl = (value: string): boolean => {
  if (value.startsWith('unix://')) return /^unix:\/\/\/[^\s?#]+$/.test(value);
  if (!URL.canParse(value)) return false;
  const parsed = new URL(value);
  const extras = `${parsed.username}${parsed.password}${parsed.search}${parsed.hash}`;
  const hasHost = /^(?:tcp|http|https):$/.test(parsed.protocol) && parsed.hostname !== '';
  return hasHost && extras === '' && (parsed.protocol !== 'tcp:' || parsed.port !== '');
};

const withoutApi = (value: string): string =>
  value
    .replace(/\/+$/, '')
    .replace(/\/api$/, '')
    .replace(/\/+$/, '');

const TYPES = 'engine or swarmpit';

const engine = mapping({
  type: z.literal('engine', TYPES),
  ...basics,
  tls: tls.nullable().default(null),
  url: matching(ENGINE_URL, isEngineUrl),
}).refine((value) => value.tls === null || /^(?:tcp|https):/.test(value.url), {
  path: ['tls'],
  error: 'certificates only with an url that begins with tcp:// or https://',
});

const swarmpit = mapping({
  type: z.literal('swarmpit', TYPES),
  ...basics,
  url: url('the address of Swarmpit such as http://swarmpit:8080', ['http:', 'https:']).transform(
    withoutApi,
  ),
  token: anySecret('an API token of Swarmpit'),
});

/** One of `clusters`. */
export const cluster: z.ZodType<ClusterConfig> = byType<ClusterConfig>({ engine, swarmpit }, TYPES);
