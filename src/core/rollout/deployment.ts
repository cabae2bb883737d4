import type { Digest } from '../image/digest.ts';
import type { Cause } from '../verdict/plan.ts';
import type { DeploymentState } from '../contract/views.ts';
import type { Failed } from './follow.ts';

/**
 * An update that is about to be sent to a cluster, or was sent: enough to determine after a crash whether it was
 * carried out.
 */
export type Intent = {
  /** `back` restores the last good digest after a failure. */
  readonly phase: 'forward' | 'back';
  /** Missing if an earlier version wrote it. */
  readonly tag?: string;
  /** Null if the cluster chooses the digest. */
  readonly target: Digest | null;
  /** The service's version and ForceUpdate on which the update was decided. */
  readonly version: number;
  readonly forceUpdate: number;
  /** When it was committed, ms since the epoch. */
  readonly at: number;
  /**
   * When the newest task that existed before was created, ms since the epoch by the cluster's own clock. Null if the
   * cluster reports no tasks; missing if an earlier version wrote the intent.
   */
  readonly newestTask?: number | null;
  /** Why the service is reverted; null while it goes forward. */
  readonly failed: Failed | null;
  /** The cluster reported that it did not carry the update out: decide again. */
  readonly refuted: boolean;
  /** The refusal came from the cluster itself. If the service shows the target anyway, something else set it. */
  readonly answered?: true;
  /** The digest that the service had at the decision; missing if an earlier version wrote it. */
  readonly over?: Digest | null;
  /** Why newer images than the target were passed over, for a person. Missing if none were. */
  readonly note?: string;
  /** Sends of this phase that failed or got no answer. Missing if there are none. */
  readonly refusals?: Refusals;
  /** When the cluster itself gave up on the update, ms since the epoch. Docker may still carry it out. */
  readonly gaveUpAt?: number;
  /** It was sent before, and the cluster gave up on it. It is not sent a third time. */
  readonly isRepeat?: boolean;
};

export type Refusals = {
  readonly times: number;
  /** When the first of them was sent, ms since the epoch. */
  readonly firstAt: number;
  /** The cluster's last error, for a person. */
  readonly problem: string;
};

export type Deployment = {
  readonly id: string;
  readonly cluster: string;
  readonly serviceId: string;
  readonly serviceName: string;
  /** The service's stack at the time of queueing. */
  readonly stack: string | null;
  /** Registry and repository. */
  readonly name: string;
  /** The service's tag afterwards. */
  readonly tag: string;
  /** The service's tag at the time of queueing. */
  readonly fromTag: string;
  readonly from: Digest | null;
  readonly to: Digest | null;
  readonly cause: Cause;
  readonly state: DeploymentState;
  readonly queuedAt: number;
  readonly startedAt: number | null;
  /** Null while it is open. */
  readonly endedAt: number | null;
  /** The earliest time to work on it. */
  readonly runAt: number;
  readonly deadlineAt: number | null;
  readonly attempts: number;
  /** The facts about its build are known. */
  readonly hasBuild: boolean;
  readonly intent: Intent | null;
  readonly gates: DeploymentGates;
};

/** `opened`: its gates were open when it was queued. `skipped`: an operator skipped them. Null: it had none. */
export type DeploymentGates = 'opened' | 'skipped' | null;
