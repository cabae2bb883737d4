import type { Generated } from 'kysely';
import type { Cause } from '../../core/verdict/plan.ts';
import type { NotGood } from '../../core/rollout/good-image.ts';
import type { DeploymentState } from '../../core/contract/views.ts';

export type DeploymentRow = {
  id: string;
  cluster: string;
  service_id: string;
  service_name: string;
  stack: string | null;
  name: string;
  tag: string;
  /** The service's tag when it was queued; null if an earlier version queued it. */
  from_tag: Generated<string | null>;
  from_digest: string | null;
  to_digest: string | null;
  cause: Cause;
  state: DeploymentState;
  reason: string | null;
  queued_at: number;
  started_at: number | null;
  ended_at: number | null;
  /** Absolute; set when the update is first intended. */
  deadline_at: number | null;
  /** The earliest time to work on it. */
  run_at: number;
  /** When `run_at` was set; null if an earlier version set it. */
  set_at: Generated<number | null>;
  attempts: number;
  /** JSON, see Intent: the update that is about to be sent, or was. */
  intent: string | null;
  /** JSON, see FailureView. */
  failure: string | null;
  /** JSON, see BuildFacts. */
  build: string | null;
  /** JSON, see SpecChange; null if the changes of the update are unknown. */
  changes: Generated<string | null>;
  /** The address where people see what was deployed, from the service's label `cd-helper.url`. */
  environment_url: Generated<string | null>;
  /** The deployment that this one retries, or whose update it continues to follow. */
  follows: Generated<string | null>;
  /** `opened`: its gates opened; `skipped`: an operator skipped them. Null if it had none. */
  gates: Generated<'opened' | 'skipped' | null>;
};

export type StepRow = {
  id: Generated<number>;
  deployment_id: string;
  at: number;
  step: string;
  /** JSON object. */
  detail: string;
};

export type TriggerRow = {
  deployment_id: string;
  kind: 'hook' | 'smart-redeploy' | 'schedule' | 'person';
  /** Id of the delivery or the run, or the actor's name. */
  source: string;
  at: number;
};

export type HoldRow = {
  id: string;
  cluster: string;
  service_id: string;
  digest: string;
  /** Held too, whatever its digest; null if only the digest is held. */
  tag: Generated<string | null>;
  spec_fingerprint: string;
  kind: 'known-bad' | 'rolled-back';
  deployment_id: string | null;
  created_at: number;
  released_at: number | null;
  released_by: string | null;
  /** Set if a gate caused the hold, not a failure. An earlier version only reads `kind`. */
  gate: Generated<'rejected' | 'expired' | null>;
  /** For such a hold: who rejected it and why, for a person. */
  gate_detail: Generated<string | null>;
};

/** The digest on which a service was last seen converged, with its spec. */
export type ProvenRow = {
  cluster: string;
  service_id: string;
  digest: string;
  spec_fingerprint: string;
  force_update: number;
  proven_at: number;
};

/** An image that a service was seen running, and whether it is one to go back to. */
export type GoodImageRow = {
  cluster: string;
  service_id: string;
  digest: string;
  /** Registry and repository; null if an earlier version did not record it. */
  name: string | null;
  /** The same for the tag. */
  tag: Generated<string | null>;
  /** Orders the images of a service: when it converged, or was replaced. */
  ran_at: number;
  /** Null if somebody else deployed it. */
  converged_at: number | null;
  /** Null if it is not good, or no longer. */
  good_at: number | null;
  why: NotGood | null;
  /** When to observe the service to determine whether the image is good; null for never. */
  check_at: number | null;
};
