import type { Capabilities } from '../swarm/cluster.ts';
import type { Digest } from '../image/digest.ts';
import type { OpenedGates } from '../policy/gates/at-gates.ts';
import type { Lookup } from '../image/published.ts';
import type { Verdict } from './verdict.ts';

/** Why a deployment is made; stored with it. */
export const CAUSES = [
  /** The running digest differs from the published one. */
  'digest-differs',
  /** A push reports a change (or a person asked for pinning) and the running digest is unknown. */
  'unpinned',
  /** The published digest is unknown. The cluster looks it up itself. */
  'handed-over',
  /** A person forced it: the tasks restart even if nothing differs. */
  'forced',
  /** A person went back to this digest. */
  'taken-back',
] as const;
export type Cause = (typeof CAUSES)[number];

export type Step =
  | {
      readonly kind: 'deploy';
      readonly cause: Cause;
      readonly from: Digest | null;
      readonly to: Digest | null;
      /** A gate opened for this digest: it no longer matters what the tag shows now. */
      readonly opened?: OpenedGates;
    }
  /** Somebody else is changing the service: check again afterwards. */
  | { readonly kind: 'check-again' }
  | { readonly kind: 'leave' };

export type PlanPolicy = {
  /** Deploy a service that is `unknown: unpinned`: a push reports a change, or a person passed `--pin`. */
  readonly pin: boolean;
  /**
   * Let the cluster look up the digest if we cannot. Only for a push, once, and only on a cluster that cannot deploy a
   * chosen digest anyway.
   */
  readonly handOver: boolean;
};

const LEAVE: Step = { kind: 'leave' };

/** What to do about one service, given its verdict and what the caller allows. */
export const plan = (
  verdict: Verdict,
  lookup: Lookup | null,
  policy: PlanPolicy,
  capabilities: Pick<Capabilities, 'setsDigest'>,
): Step => {
  switch (verdict.verdict) {
    case 'obsolete':
      return {
        kind: 'deploy',
        cause: 'digest-differs',
        from: verdict.from,
        to: verdict.to,
        ...(verdict.opened === undefined ? {} : { opened: verdict.opened }),
      };
    case 'updating':
      return { kind: 'check-again' };
    case 'unknown':
      if (verdict.reason === 'unpinned' && policy.pin && lookup?.kind === 'published') {
        return { kind: 'deploy', cause: 'unpinned', from: null, to: lookup.digest };
      }
      return policy.handOver && !capabilities.setsDigest && lookup?.kind === 'failed'
        ? { kind: 'deploy', cause: 'handed-over', from: null, to: null }
        : LEAVE;
    case 'current':
    case 'diverged':
    case 'pinned':
    case 'excluded':
    case 'held':
    case 'waiting':
      return LEAVE;
    default:
      return verdict satisfies never;
  }
};
