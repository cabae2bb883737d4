import type { Digest } from '../../../src/core/image/digest.ts';
import type { WorkBench } from '../../support/work/work-bench.ts';
import type { Chances } from './chances.ts';

export type Kind = 'good' | 'crash' | 'unhealthy' | 'cannot-pull';
export const BAD: readonly Kind[] = ['crash', 'crash', 'unhealthy', 'cannot-pull'];

export const REPOSITORIES = ['acme/a', 'acme/b'] as const;
export type Repository = (typeof REPOSITORIES)[number];
const TAG = 'v1';

/** A digest and the time when a tag first pointed to it, ms since the epoch. */
export type Shown = { readonly digest: Digest; readonly at: number };

/** The images that a scenario's developers build, and what their tag currently points to. */
export type Images = {
  /** Builds an image with this kind of containers, without publishing it. */
  readonly build: (repository: Repository, kind: Kind) => Digest;
  readonly publish: (repository: Repository, digest: Digest) => void;
  readonly published: (repository: Repository) => Digest;
  /** Everything that the tag has pointed to, oldest first, with times. */
  readonly shown: (repository: Repository) => readonly Shown[];
  /** Every image that was built, oldest first. */
  readonly built: (repository: Repository) => readonly Digest[];
  /** Null for a digest that nobody built. */
  readonly kindOf: (digest: string | null) => Kind | null;
  /** For example `a#3(crash)`. */
  readonly nameOf: (digest: string | null) => string;
  /** Replaces every digest in a text by its name, and removes the random ports of the fakes. */
  readonly named: (text: string) => string;
  /** The image as in a service spec. */
  readonly spelt: (repository: Repository, digest: Digest | null) => string;
};

export const createImages = (
  { clock, engine, registry, image }: WorkBench,
  chances: Chances,
): Images => {
  const all: {
    readonly repository: Repository;
    readonly digest: Digest;
    readonly kind: Kind;
    readonly name: string;
  }[] = [];
  const find = (digest: string | null) => all.find((one) => one.digest === digest);
  const nameOf: Images['nameOf'] = (digest) =>
    digest === null ? '-' : (find(digest)?.name ?? digest.slice(0, 14));

  const history: Readonly<Record<Repository, Shown[]>> = { 'acme/a': [], 'acme/b': [] };
  const publish: Images['publish'] = (repository, digest) => {
    registry.setTag(repository, TAG, digest);
    history[repository].push({ digest, at: clock.now() });
  };
  const givePublished = (repository: Repository): Digest => {
    const digest = history[repository].at(-1)?.digest;
    if (digest === undefined) throw new Error(`nothing of ${repository} is published`);
    return digest;
  };

  const images: Images = {
    build: (repository, kind) => {
      const name = `${repository.at(-1)}#${all.length + 1}(${kind})`;
      const digest = registry.setTag(repository, `built-${all.length + 1}`, name);
      all.push({ repository, digest, kind, name });
      if (kind === 'cannot-pull') engine.setOutcome(digest, { kind });
      if (kind === 'crash') engine.setOutcome(digest, { kind, afterMs: chances.number(50, 900) });
      if (kind === 'unhealthy') {
        engine.setOutcome(digest, { kind, exitCode: 143, afterMs: chances.number(500, 2_000) });
      }
      return digest;
    },
    publish,
    published: givePublished,
    shown: (repository) => history[repository],
    built: (repository) =>
      all.filter((one) => one.repository === repository).map(({ digest }) => digest),
    kindOf: (digest) => find(digest)?.kind ?? null,
    nameOf,
    named: (text) =>
      text
        .replace(/sha256:[0-9a-f]{64}/g, nameOf)
        .replaceAll(registry.host, 'the-registry')
        .replace(/127\.0\.0\.1:\d+/g, 'the-engine'),
    spelt: (repository, digest) => image(`${repository}:${TAG}`, digest),
  };
  for (const repository of REPOSITORIES) publish(repository, images.build(repository, 'good'));
  return images;
};
