import type { Lease } from '../leases/lease.ts';
import type { LookDeps } from '../check/look-deps.ts';

/** What a rollout is carried out with: the same as a look, as the one follows from the other. */
export type RolloutDeps = Omit<LookDeps, 'known' | 'onQueued' | 'stuck' | 'ages'> & {
  /** That of the cluster. */
  readonly lease: Pick<Lease, 'mayAct' | 'othersMayActMs'>;
};
