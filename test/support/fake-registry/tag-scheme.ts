import type { PushedImage } from '../../../sandbox/registry/push.ts';
import type { Sample } from '../../../sandbox/image/sample.ts';
import type { AttachedSandbox } from '../../../sandbox/sandbox.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';

/** Publishes one build with several tags, like a pipeline. */
export const publishUnder = async (
  { pushImage, moveTag }: Pick<AttachedSandbox, 'pushImage' | 'moveTag'>,
  repository: string,
  [first, ...others]: readonly [string, ...string[]],
  sample: Sample,
): Promise<PushedImage> => {
  const pushed = await pushImage(repository, first, sample);
  for (const tag of others) await moveTag(repository, tag, pushed.digest);
  return pushed;
};

/** The tags of a release: `v1.3.0` of `982c388` is `v1`, `v1.3` and `v1.3.0_982c388`. */
export const releaseTags = (version: string, commit: string): readonly [string, ...string[]] => {
  const [major = '', minor = ''] = version.split('.');
  return [`v${version}_${commit}`, `v${major}.${minor}`, `v${major}`];
};

/** In random order. */
export const shuffled = <T>(all: readonly T[], random: () => number): readonly T[] =>
  all
    .map((one) => ({ one, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one);

/** The changes of tag, oldest first: `v1.3.0 → v1.4.0 succeeded`. */
export const movesOf = (deployments: readonly DeploymentView[]): readonly string[] =>
  deployments.map(({ fromTag, toTag, state }) => `${fromTag} → ${toTag} ${state}`);

/** The tag of the image in a spec. */
export const tagOfSpec = (image: string): string => /:([^:/@]+)(?:@|$)/.exec(image)?.[1] ?? '';
