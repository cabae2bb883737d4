import type { Digest } from '../image/digest.ts';
import type { Cause } from '../verdict/plan.ts';
import type { DeploymentState } from '../contract/views.ts';
import type { Failed } from './follow.ts';

/** What is about to be sent to a cluster, or was: enough to tell after a crash whether it was carried out. */
export type Intent = {
  /** `back` restores the proven digest after a failure. */
  readonly phase: 'forward' | 'back';
  /** Missing where an earlier version wrote it. */
  readonly tag?: string;
  /** Null where the cluster chooses it. */
  readonly target: Digest | null;
  /** The service's version and ForceUpdate that the update was decided upon. */
  readonly version: number;
  readonly forceUpdate: number;
  /** When it was committed, ms since the epoch. */
  readonly at: number;
  /**
   * When the newest task that was there before was made, ms since the epoch by the cluster's own clock;
   * null where the cluster tells no tasks, missing where a version wrote it that did not record it.
   */
  readonly newestTask?: number | null;
  /** Why the service is taken back; null while it goes forward. */
  readonly failed: Failed | null;
  /** The cluster said that it did not carry it out: decide again. */
  readonly refuted: boolean;
  /** The cluster itself said so: that the service shows what was intended came another way. */
  readonly answered?: true;
  /** The digest that the service had when it was decided upon; missing where an earlier version wrote it. */
  readonly over?: Digest | null;
  /** Why newer images than the target are not gone back to, for a person; missing for none. */
  readonly note?: string;
  /** Sends of this phase that the cluster answered with an error, or not at all; missing for none. */
  readonly refusals?: Refusals;
  /** When the cluster gave up on it by itself, ms since the epoch: Docker may still carry it out. */
  readonly gaveUpAt?: number;
  /** It was sent before, and given up by the cluster: it is not sent a third time. */
  readonly isRepeat?: boolean;
};

export type Refusals = {
  readonly times: number;
  /** When the first of them was sent, ms since the epoch. */
  readonly firstAt: number;
  /** What the cluster said last, for a person. */
  readonly problem: string;
};

export type Deployment = {
  readonly id: string;
  readonly cluster: string;
  readonly serviceId: string;
  readonly serviceName: string;
  /** Of the service when it was queued. */
  readonly stack: string | null;
  /** Registry and repository. */
  readonly name: string;
  /** That of the service afterwards. */
  readonly tag: string;
  /** That of the service when it was queued. */
  readonly fromTag: string;
  readonly from: Digest | null;
  readonly to: Digest | null;
  readonly cause: Cause;
  readonly state: DeploymentState;
  readonly queuedAt: number;
  readonly startedAt: number | null;
  /** Null while it is open. */
  readonly endedAt: number | null;
  /** Not to be taken up before. */
  readonly runAt: number;
  readonly deadlineAt: number | null;
  readonly attempts: number;
  /** What it was built from is known. */
  readonly hasBuild: boolean;
  readonly intent: Intent | null;
  readonly gates: DeploymentGates;
};

/** `opened`: its gates were open when it was queued. `skipped`: an operator passed them. Null: there were none. */
export type DeploymentGates = 'opened' | 'skipped' | null;
