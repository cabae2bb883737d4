import type { Digest } from '../../../src/core/digest.ts';
import type { WorkBench } from '../../support/work-bench.ts';
import type { Chances } from './chances.ts';

export type Kind = 'good' | 'crash' | 'unhealthy' | 'cannot-pull';
export const BAD: readonly Kind[] = ['crash', 'crash', 'unhealthy', 'cannot-pull'];

export const REPOSITORIES = ['acme/a', 'acme/b'] as const;
export type Repository = (typeof REPOSITORIES)[number];
const TAG = 'v1';

/** What the developers of a scenario build, and what their tag names at the moment. */
export type Images = {
  /** Builds an image whose containers do so, and does not publish it. */
  readonly build: (repository: Repository, kind: Kind) => Digest;
  readonly publish: (repository: Repository, digest: Digest) => void;
  readonly published: (repository: Repository) => Digest;
  /** All that were ever built, oldest first. */
  readonly built: (repository: Repository) => readonly Digest[];
  /** Null for a digest that nobody built. */
  readonly kindOf: (digest: string | null) => Kind | null;
  /** Such as `a#3(crash)`. */
  readonly nameOf: (digest: string | null) => string;
  /** Every digest in a text in its place. */
  readonly named: (text: string) => string;
  /** As a service's spec spells it. */
  readonly spelt: (repository: Repository, digest: Digest | null) => string;
};

export const createImages = ({ engine, registry, image }: WorkBench, chances: Chances): Images => {
  const all: {
    readonly repository: Repository;
    readonly digest: Digest;
    readonly kind: Kind;
    readonly name: string;
  }[] = [];
  const published = new Map<Repository, Digest>();
  const find = (digest: string | null) => all.find((one) => one.digest === digest);
  const nameOf: Images['nameOf'] = (digest) =>
    digest === null ? '-' : (find(digest)?.name ?? digest.slice(0, 14));

  const publish: Images['publish'] = (repository, digest) => {
    registry.setTag(repository, TAG, digest);
    published.set(repository, digest);
  };
  const givePublished = (repository: Repository): Digest => {
    const digest = published.get(repository);
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
    built: (repository) =>
      all.filter((one) => one.repository === repository).map(({ digest }) => digest),
    kindOf: (digest) => find(digest)?.kind ?? null,
    nameOf,
    named: (text) => text.replace(/sha256:[0-9a-f]{64}/g, nameOf),
    spelt: (repository, digest) => image(`${repository}:${TAG}`, digest),
  };
  for (const repository of REPOSITORIES) publish(repository, images.build(repository, 'good'));
  return images;
};
