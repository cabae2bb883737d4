import type { Lease } from '../leases/lease.ts';
import type { CheckDeps } from '../check/check-deps.ts';

/** A rollout needs the same as a check, because a check leads to it. */
export type RolloutDeps = Omit<CheckDeps, 'known' | 'onQueued' | 'stuck' | 'ages'> & {
  /** The lease of the cluster. */
  readonly lease: Pick<Lease, 'mayAct' | 'othersMayActMs'>;
};
