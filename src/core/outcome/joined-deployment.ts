import type { Digest } from '../image/digest.ts';
import { type DeploymentState, OPEN_STATES } from '../contract/views.ts';
import type { Verdict } from '../verdict/verdict.ts';

/** The newest deployment of a service. */
export type NewestDeployment = {
  readonly id: string;
  readonly to: Digest | null;
  readonly state: DeploymentState;
};

export type FoundService = {
  readonly verdict: Verdict;
  /** What the registry showed; null if nothing. */
  readonly digest: Digest | null;
  /** Platform digests of `digest`; null if they were not read. */
  readonly members: readonly Digest[] | null;
};

export const isOpen = (state: DeploymentState): boolean =>
  OPEN_STATES.some((open) => open === state);

const bringsTo = ({ digest, members }: FoundService, to: Digest | null): boolean =>
  to !== null && (to === digest || (members ?? []).includes(to));

/**
 * Whether a service was read before an update with another digest was sent to it. It then seems to have the published
 * digest, while an earlier digest of the tag is about to be deployed.
 */
export const isOvertaken = (found: FoundService, newest: NewestDeployment | null): boolean => {
  const { verdict, digest } = found;
  if (verdict.verdict !== 'current' && verdict.verdict !== 'diverged') return false;
  if (digest === null || newest === null || newest.to === null) return false;
  const isUnderWay = newest.state === 'updating' || newest.state === 'verifying';
  return isUnderWay && !bringsTo(found, newest.to);
};

/**
 * The deployment that decides the outcome of a push for a service for which its check queued none: one that is rolling
 * out the same digest, one that did, or the one in which the digest failed. Null if there is none.
 */
export const joinedDeployment = (
  found: FoundService,
  newest: NewestDeployment | null,
): string | null => {
  const { verdict } = found;
  const brings = (to: Digest | null): boolean => bringsTo(found, to);
  switch (verdict.verdict) {
    case 'current':
    case 'diverged':
    case 'updating':
    case 'obsolete':
      return newest !== null && brings(newest.to) ? newest.id : null;
    case 'held':
      if (verdict.hold.kind === 'known-bad' || verdict.hold.kind === 'left-by-person') {
        const { deployment } = verdict.hold;
        return deployment ?? (newest !== null && brings(newest.to) ? newest.id : null);
      }
      if (verdict.hold.kind !== 'no-fitting-node') return null;
      return newest !== null && brings(newest.to) ? newest.id : null;
    case 'unknown':
      // A push that cannot be compared is covered by the update that was sent after it.
      if (verdict.reason === 'unpinned' && verdict.detail === null) return newest?.id ?? null;
      return newest !== null && newest.to === null && isOpen(newest.state) ? newest.id : null;
    case 'waiting':
    case 'pinned':
    case 'excluded':
      return null;
    default:
      return verdict satisfies never;
  }
};
