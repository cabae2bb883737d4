import { imageWithTag } from '../core/image-reference.ts';
import type { LookUp } from '../core/published.ts';
import type { CheckClusterDeps } from './check-cluster.ts';

type FailedLookUp = Extract<LookUp, { kind: 'failed' }>;

export type AskOnceDeps = {
  readonly registries: CheckClusterDeps['registries'];
  /** Why a registry is to be left alone for now, in one line for a person, or null. */
  readonly spentBudget: (host: string) => string | null;
};

/**
 * Registries that are asked once for an image, however many clusters use it, and no more once no more
 * may be pulled from them than is left to the nodes.
 */
export const askOnce = ({
  registries,
  spentBudget,
}: AskOnceDeps): CheckClusterDeps['registries'] => {
  const answers = new Map<string, Promise<LookUp>>();
  const withinBudget = async <T>(
    host: string,
    ask: () => Promise<T>,
  ): Promise<T | FailedLookUp> => {
    const detail = spentBudget(host);
    if (detail === null) return ask();
    return { kind: 'failed', reason: 'rate-limited', detail, retryAfterMs: null };
  };
  const { followsIndex } = registries;
  return {
    ...(followsIndex === undefined ? {} : { followsIndex }),
    findDigest: (image, signal) => {
      const key = imageWithTag(image);
      const known = answers.get(key);
      if (known !== undefined) return known;
      const answer = withinBudget(image.registry, () => registries.findDigest(image, signal));
      answers.set(key, answer);
      return answer;
    },
    // A look-up costs nothing, but this is what registries count as a pull.
    readManifest: (image, digest, signal) =>
      withinBudget(image.registry, () => registries.readManifest(image, digest, signal)),
  };
};
