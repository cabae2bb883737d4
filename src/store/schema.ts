import type { Generated } from 'kysely';
import type { PushOutcome } from '../core/conclude-look.ts';
import type { Cause } from '../core/plan.ts';
import type { DeploymentState, RunOrigin, VerdictName } from '../core/views.ts';

/**
 * The tables, as the newest migration leaves them. Times are whole ms since the epoch. Columns that
 * hold JSON say so in their comment; they are written and read by the query files alone.
 */
export type Tables = {
  deliveries: DeliveryRow;
  ignored_counts: IgnoredCountRow;
  pushes: PushRow;
  push_results: PushResultRow;
  checks: CheckRow;
  check_digests: CheckDigestRow;
  check_services: CheckServiceRow;
  check_deployments: CheckDeploymentRow;
  index_members: IndexMemberRow;
  look_work: LookWorkRow;
  published: PublishedRow;
  seen_indexes: SeenIndexRow;
  deployments: DeploymentRow;
  deployment_steps: StepRow;
  triggers: TriggerRow;
  holds: HoldRow;
  proven: ProvenRow;
  runs: RunRow;
  run_services: RunServiceRow;
  run_plans: RunPlanRow;
  actions: ActionRow;
  freezes: FreezeRow;
  notifications: NotificationRow;
  notification_messages: NotificationMessageRow;
  settings: SettingRow;
  request_keys: RequestKeyRow;
  sessions: SessionRow;
  /** From here on in memory, beside the store's one connection. */
  events: EventRow;
  changes: ChangeRow;
  deployment_ends: DeploymentEndRow;
  verified: VerifiedRow;
};

export type DeliveryRow = {
  id: string;
  received_at: number;
  sender: string;
  secret: string;
  address: string;
  status: number;
  sender_delivery_id: string | null;
  duplicate_of: string | null;
  /** JSON object; null where only ignored. */
  headers: string | null;
  body: string | null;
  /** JSON array of ignored events. */
  ignored: string;
  /** 1 where at least one push was taken from it. */
  counted: number;
};

/** How often a sender said something that asks for nothing. */
export type IgnoredCountRow = {
  sender: string;
  secret: string;
  reason: string;
  count: number;
  last_at: number;
};

export type PushRow = {
  id: Generated<number>;
  delivery_id: string;
  /** Registry and repository. */
  name: string;
  tag: string;
  digest: string | null;
  received_at: number;
};

/** What became of a push on one cluster. */
export type PushResultRow = {
  push_id: number;
  cluster: string;
  name: string;
  state: 'waiting' | 'done';
  /** One word once something is known, see PushOutcome. */
  outcome: PushOutcome | null;
  /** One line for a person. */
  detail: string | null;
  ended_at: number | null;
  /** What its checks found, see {@link CheckRow}; null before the first. */
  check_id: Generated<number | null>;
};

/** What the checks of a tag on a cluster found for the pushes that waited for them together. */
export type CheckRow = {
  id: Generated<number>;
  cluster: string;
  name: string;
  tag: string;
  /** When the newest of them ended. */
  checked_at: number;
  /** Pushes that share it. */
  pushes: Generated<number>;
};

/** A digest that the registry showed at one of the checks. */
export type CheckDigestRow = { check_id: number; digest: string };

/** How a service of the tag was found by the newest check that could tell. */
export type CheckServiceRow = {
  check_id: number;
  service_id: string;
  service_name: string;
  stack: string | null;
  verdict: VerdictName;
  reason: string | null;
  /** One line for a person. */
  detail: string | null;
  /** What the registry showed then. */
  digest: string | null;
  /** The deployment that the check queued or joined, or that decided the verdict. */
  deployment_id: string | null;
};

/** Every deployment that the checks queued or joined. */
export type CheckDeploymentRow = { check_id: number; deployment_id: string };

/** A platform manifest of an index. */
export type IndexMemberRow = { member: string; digest: string };

/** A look that waits or is under way; at most one of each a (cluster, name). */
export type LookWorkRow = {
  id: Generated<number>;
  cluster: string;
  name: string;
  state: 'pending' | 'running';
  run_at: number;
  /** When `run_at` was set; null where an earlier version set it. */
  set_at: Generated<number | null>;
  /** When the first hook asked for it; null where it only follows up. */
  asked_at: number | null;
  attempts: number;
  last_error: string | null;
};

/** What a registry last answered for a tag. */
export type PublishedRow = {
  name: string;
  tag: string;
  digest: string | null;
  /** JSON array of the platform digests of the index, where they were read. */
  members: string | null;
  failure: string | null;
  detail: string | null;
  checked_at: number;
  /** Of what the digest names; null where it was not told, or by a version before. */
  media_type: string | null;
};

/** What an index holds, of every tag that was ever seen with it. */
export type SeenIndexRow = {
  digest: string;
  /** JSON array of platform digests. */
  members: string;
  seen_at: number;
};

export type DeploymentRow = {
  id: string;
  cluster: string;
  service_id: string;
  service_name: string;
  stack: string | null;
  name: string;
  tag: string;
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
  /** Not to be taken up before. */
  run_at: number;
  /** When `run_at` was set; null where an earlier version set it. */
  set_at: Generated<number | null>;
  attempts: number;
  /** JSON, see Intent: what is about to be sent, or was. */
  intent: string | null;
  /** JSON, see FailureView. */
  failure: string | null;
  /** JSON, see BuildFacts. */
  build: string | null;
  /** JSON, see SpecChange; null where it is not known what the update changed. */
  changes: Generated<string | null>;
  /** The deployment that this one retries, or whose update it follows again. */
  follows: Generated<string | null>;
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
  spec_fingerprint: string;
  kind: 'known-bad' | 'rolled-back';
  deployment_id: string | null;
  created_at: number;
  released_at: number | null;
  released_by: string | null;
};

/** The digest with which a service was last seen converged, with the spec around it. */
export type ProvenRow = {
  cluster: string;
  service_id: string;
  digest: string;
  spec_fingerprint: string;
  force_update: number;
  proven_at: number;
};

export type RunRow = {
  id: string;
  /** JSON, see RunRequest: equal requests under way are joined. */
  request: string;
  origin: RunOrigin;
  actor: string | null;
  state: 'queued' | 'checking' | 'deploying' | 'done' | 'failed';
  reason: string | null;
  dry_run: number;
  /** JSON, see RunProgress. */
  progress: string;
  started_at: number;
  ended_at: number | null;
};

export type RunServiceRow = {
  run_id: string;
  position: number;
  cluster: string;
  service_id: string;
  verdict: string;
  deployment_id: string | null;
  /** JSON, see ServiceView. */
  view: string;
};

/** What a dry run found. It is written once and read whole, so it is one row however many services there are. */
export type RunPlanRow = {
  run_id: string;
  /** JSON, services by verdict. */
  counts: string;
  /** JSON, a list of ServiceView. */
  services: string;
};

export type ActionRow = {
  id: string;
  at: number;
  actor: string;
  address: string | null;
  action: string;
  target: string;
  /** JSON object. */
  detail: string;
};

/** Null for cluster, stack or service means every one. */
export type FreezeRow = {
  id: string;
  cluster: string | null;
  stack: string | null;
  service: string | null;
  reason: string;
  created_by: string;
  created_at: number;
  until: number | null;
  ended_at: number | null;
  ended_by: string | null;
};

/** A deployment that ended and was not announced yet. */
export type NotificationRow = { deployment_id: string; ended_at: number };

/** What is sent, or was, to one channel. */
export type NotificationMessageRow = {
  id: string;
  channel: string;
  /** JSON, see Message. */
  content: string;
  state: 'waiting' | 'sent' | 'failed';
  created_at: number;
  /** Not to be sent before. */
  run_at: number;
  /** When `run_at` was set; null where an earlier version set it. */
  set_at: Generated<number | null>;
  /** Absolute: not to be sent after. */
  give_up_at: number;
  attempts: number;
  /** One line for a person. */
  last_error: string | null;
  ended_at: number | null;
};

/** A key that an act was asked with, and what it was answered once it was. */
export type RequestKeyRow = {
  actor: string;
  key: string;
  /** Digest of the whole request. */
  request: string;
  /** Null until it was answered. */
  status: number | null;
  body: string | null;
  created_at: number;
};

/** Somebody signed in with a token; neither the session's id nor anything of the token can be told from it. */
export type SessionRow = {
  /** Digest of the id. */
  id_hash: string;
  /** Name of the token. */
  token: string;
  /** Ties the session to the token's value. */
  fingerprint: string;
  created_at: number;
  used_at: number;
};

export type SettingRow = { key: string; value: string };

/** What happened, to be told to whoever listens. */
export type EventRow = {
  id: Generated<number>;
  at: Generated<number>;
  type: string;
  /** JSON object. */
  data: string;
};

/** One row, whose count goes up with whatever may change how services stand. */
export type ChangeRow = { count: number };

/** Deployments that ended since the store was opened. */
export type DeploymentEndRow = { cluster: string; state: string; count: number };

/** From the first hook of a push to the verified end of a deployment. */
export type VerifiedRow = { id: Generated<number>; cluster: string; seconds: number };
