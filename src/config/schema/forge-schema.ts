import { z } from 'zod';
import { createSecret } from '../../core/secret.ts';
import { byType } from './by-type.ts';
import type { ForgeConfig } from './config.ts';
import { anySecret, integer, listOf, mapping, matching, oneOf, pem, text, url } from './fields.ts';
import { isRepositoryPattern, wholePattern } from './repository-pattern.ts';

const MOST_ID = 1e12;

const repository = (expected: string) =>
  matching(expected, (value) => /^[A-Za-z0-9_.*-]+(?:\/[A-Za-z0-9_.*-]+)+$/.test(value));

const sources = z
  .record(
    matching('an image without a tag such as docker.io/acme/*', isRepositoryPattern),
    repository('a repository of the forge such as acme/web'),
    { error: 'images with the repository that each is built from' },
  )
  .transform((value) =>
    Object.entries(value).map(([image, path]) => ({
      image: wholePattern(image),
      repository: path,
    })),
  );

const basics = {
  url: url('the address of the forge, such as https://github.com', ['http:', 'https:']).transform(
    (value) => value.replace(/\/+$/, ''),
  ),
  tls: mapping({ ca: pem('the certificate authority') })
    .nullable()
    .default(null),
  sources: sources.prefault({}),
  repositories: listOf(
    repository('a pattern of repositories such as acme/*'),
    'a list of patterns such as acme/*',
  )
    .min(1, { error: 'at least one; leave the key out where all are meant' })
    .nullable()
    .default(null),
  environments: z
    .record(text('the name of a cluster'), text('the name of an environment'), {
      error: 'clusters with the environment that each is',
    })
    .default({}),
};

const token = anySecret('a token');
const privateKey = pem('the private key of the app').transform(createSecret);

const reports = listOf(oneOf(['deployments', 'statuses']), 'a list of deployments and statuses')
  .min(1, { error: 'deployments, statuses, or both' })
  .transform((value) => [...new Set(value)]);

/** One of `forges`. */
export const forge: z.ZodType<ForgeConfig> = byType<ForgeConfig>(
  {
    github: mapping({
      type: z.literal('github'),
      ...basics,
      app: mapping({ id: integer('the number of the app', 1, MOST_ID), privateKey })
        .nullable()
        .default(null),
      token: token.nullable().default(null),
      report: reports.default(['deployments']),
    }).refine(({ app, token: given }) => (app === null) !== (given === null), {
      path: ['token'],
      error: 'an app or a token',
    }),
    gitlab: mapping({
      type: z.literal('gitlab'),
      ...basics,
      token,
      report: reports.default(['deployments']),
    }).transform((value) => ({ ...value, app: null })),
    gitea: mapping({
      type: z.literal('gitea'),
      ...basics,
      token,
      report: listOf(oneOf(['statuses']), 'statuses').default(['statuses']),
    }).transform((value) => ({ ...value, app: null })),
  },
  'github, gitlab or gitea',
);
