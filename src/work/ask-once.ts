import { imageWithTag } from '../core/image-reference.ts';
import type { LookUp } from '../core/published.ts';
import type { CheckClusterDeps } from './check-cluster.ts';
import type { TaggedImage } from './ports.ts';

export type AskOnceDeps = {
  readonly registries: CheckClusterDeps['registries'];
  /** Why a registry is to be left alone for now, in one line for a person, or null. */
  readonly spentBudget: (host: string) => string | null;
};

/** Registries that are asked once for an image, however many clusters use it. */
export const askOnce = ({
  registries,
  spentBudget,
}: AskOnceDeps): CheckClusterDeps['registries'] => {
  const answers = new Map<string, Promise<LookUp>>();
  const askWithinBudget = async (image: TaggedImage, signal: AbortSignal): Promise<LookUp> => {
    const detail = spentBudget(image.registry);
    return detail === null
      ? registries.findDigest(image, signal)
      : { kind: 'failed', reason: 'rate-limited', detail, retryAfterMs: null };
  };
  return {
    ...registries,
    findDigest: (image, signal) => {
      const key = imageWithTag(image);
      const answer = answers.get(key) ?? askWithinBudget(image, signal);
      answers.set(key, answer);
      return answer;
    },
  };
};
