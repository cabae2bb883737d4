import type { Lease } from '../leases/lease.ts';
import type { LookDeps } from '../check/look-deps.ts';

/** A rollout needs the same as a check, because a check leads to it. */
export type RolloutDeps = Omit<LookDeps, 'known' | 'onQueued' | 'stuck' | 'ages'> & {
  /** The lease of the cluster. */
  readonly lease: Pick<Lease, 'mayAct' | 'othersMayActMs'>;
};
