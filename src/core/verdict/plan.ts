import type { Capabilities } from '../swarm/cluster.ts';
import type { Digest } from '../image/digest.ts';
import type { OpenedGates } from '../policy/gates/at-gates.ts';
import type { LookUp } from '../image/published.ts';
import type { Verdict } from './verdict.ts';

/** Why a deployment is made; kept with it. */
export const CAUSES = [
  /** The running digest differs from the published one. */
  'digest-differs',
  /** A push says that it changed (or a person asked for pinning) and no running digest is known. */
  'unpinned',
  /** The published digest is unknown; the cluster looks it up itself. */
  'handed-over',
  /** A person insisted, whatever runs: the tasks are restarted also where nothing differs. */
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
      /** A gate let it through: what the tag shows by now does not matter. */
      readonly opened?: OpenedGates;
    }
  /** Somebody else is changing the service: look again afterwards. */
  | { readonly kind: 'look-again' }
  | { readonly kind: 'leave' };

export type PlanPolicy = {
  /** Deploy what is `unknown: unpinned`: a push says that it changed, or a person said `--pin`. */
  readonly pin: boolean;
  /**
   * Let the cluster look the digest up by itself where we cannot. Only for a push, once, and where
   * the cluster cannot be told a digest anyway.
   */
  readonly handOver: boolean;
};

const LEAVE: Step = { kind: 'leave' };

/** What to do about one service, given how it stands and what the asker allows. */
export const plan = (
  verdict: Verdict,
  lookUp: LookUp | null,
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
      return { kind: 'look-again' };
    case 'unknown':
      if (verdict.reason === 'unpinned' && policy.pin && lookUp?.kind === 'published') {
        return { kind: 'deploy', cause: 'unpinned', from: null, to: lookUp.digest };
      }
      return policy.handOver && !capabilities.setsDigest && lookUp?.kind === 'failed'
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
