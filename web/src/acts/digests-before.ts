import type { DeploymentView } from '../../../src/core/views.ts';

export type FormerDigest = {
  readonly digest: string;
  readonly build: DeploymentView['build'];
  /** When it was proven good; null for what stood before the first deployment that is known. */
  readonly provenAt: string | null;
};

/**
 * What a service ran before `present`, by its deployments with the newest first: the digests that were
 * proven good, each once. The helper goes by the same rule where it is not told which one is meant.
 */
export const digestsBefore = (
  deployments: readonly DeploymentView[],
  present: string | null,
): readonly FormerDigest[] => {
  const ran = deployments
    .filter(({ state }) => state === 'succeeded')
    .flatMap(({ from, to, build, endedAt }) => [
      { digest: to, build, provenAt: endedAt },
      { digest: from, build: null, provenAt: null },
    ]);
  const index = ran.findIndex(({ digest }) => digest === present);
  const found = new Map<string, FormerDigest>();
  for (const { digest, ...rest } of ran.slice(index + 1)) {
    if (digest === null || digest === present) continue;
    const isProven = (found.get(digest)?.provenAt ?? null) !== null;
    // The deployment to a digest knows more of it than the one away from it.
    if (!isProven) found.set(digest, { digest, ...rest });
  }
  return [...found.values()];
};
