import { pullRequestOf } from '../../core/forge/pull-request-of.ts';
import type { Forge } from '../../core/forge/report.ts';
import { isWholeCommit } from '../../core/forge/source-address.ts';
import type { Log } from '../../core/log.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import type { ReportLinks } from '../../store/forge/link-report.ts';
import { type ReportKey, sourceOf } from '../../store/forge/reports.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { Clock } from '../loop/clock.ts';

export type TargetDeps = {
  readonly forges: readonly Forge[];
  readonly db: Db;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
};

/** An image that runs on a cluster, or will run there. */
export type BuiltImage = {
  readonly cluster: string;
  /** Registry and repository. */
  readonly name: string;
  readonly build: BuildFacts | null;
};

/** The forge and commit that a report goes to. */
export type Target = { readonly forge: Forge; readonly key: ReportKey };

/** Null if an image is reported nowhere: it names no commit, or no repository that the configuration allows. */
export type FindTarget = (image: BuiltImage) => Promise<Target | null>;

export const createTargets = ({ forges, db, clock, log }: TargetDeps): FindTarget => {
  /** Images whose label names another repository than before. Each is logged once. */
  const refused = new Set<string>();

  return async ({ name, cluster, build }) => {
    const { revision = null, source = null } = build ?? {};
    if (revision === null || !isWholeCommit(revision)) return null;
    for (const forge of forges) {
      const environment = forge.environmentOf(cluster);
      const mapped = forge.mappedFrom(name);
      const repository = mapped ?? (source === null ? null : forge.repositoryOf(source));
      if (repository === null || !forge.allows(repository)) continue;
      const key = { forge: forge.name, repository, commit: revision, environment };
      if (mapped !== null) return { forge, key };
      const first = await sourceOf(db, name, { forge: forge.name, repository }, clock.now());
      if (first.forge === forge.name && first.repository === repository) return { forge, key };
      const about = `${name} ${repository}`;
      if (!refused.has(about)) {
        refused.add(about);
        log.warn(
          'an image names another source repository than before; nothing is reported to its forge',
          {
            image: name,
            before: `${first.forge}/${first.repository}`,
            now: `${forge.name}/${repository}`,
            advice: 'if this is right, map the image under `sources` of the forge',
          },
        );
      }
      return null;
    }
    return null;
  };
};

/**
 * The page that compares the running commit with another one. Null unless both images name a commit and the running
 * one names no other repository.
 */
export const compareUrlOf = (
  { forge, key }: Target,
  image: Pick<BuiltImage, 'name'>,
  before: BuildFacts | null,
): string | null => {
  const { revision = null, source = null } = before ?? {};
  if (revision === null || !isWholeCommit(revision) || revision === key.commit) return null;
  const isOther =
    source !== null &&
    forge.mappedFrom(image.name) === null &&
    forge.repositoryOf(source) !== key.repository;
  return isOther ? null : forge.compareUrl(key.repository, revision, key.commit);
};

/** Links to the pages of a deployed image. */
export const linksOf = (
  target: Target,
  image: BuiltImage & { readonly tag: string },
  before: BuildFacts | null,
): Omit<ReportLinks, 'id' | 'now'> => {
  const { forge, key } = target;
  const pullRequest = pullRequestOf(image.tag);
  return {
    ref: image.build?.version ?? null,
    commitUrl: forge.commitUrl(key.repository, key.commit),
    compareUrl: compareUrlOf(target, image, before),
    pullRequestUrl: pullRequest === null ? null : forge.pullRequestUrl(key.repository, pullRequest),
  };
};
