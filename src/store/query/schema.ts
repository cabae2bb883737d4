import type { Generated } from 'kysely';
import type { PushOutcome } from '../../core/check/conclude-check.ts';
import type { ReportState } from '../../core/forge/report.ts';
import type { Cause } from '../../core/verdict/plan.ts';
import type { VoterRole } from '../../core/policy/gates/gate-policy.ts';
import type { NotGood } from '../../core/rollout/good-image.ts';
import type { DeploymentState, RunOrigin, VerdictName } from '../../core/contract/views.ts';

/**
 * The tables after the newest migration. Times are whole ms since the epoch. Comments mark the columns that hold JSON;
 * only the query files read and write those.
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
  look_work: CheckQueueRow;
  repositories: RepositoryRow;
  published: PublishedRow;
  seen_indexes: SeenIndexRow;
  seen_digests: SeenDigestRow;
  waiting: WaitingRow;
  waiting_triggers: WaitingTriggerRow;
  approval_votes: ApprovalVoteRow;
  approval_links: ApprovalLinkRow;
  gate_news: GateNewsRow;
  build_facts: BuildFactsRow;
  unfit_images: UnfitImageRow;
  deployments: DeploymentRow;
  deployment_steps: StepRow;
  triggers: TriggerRow;
  holds: HoldRow;
  proven: ProvenRow;
  good_images: GoodImageRow;
  runs: RunRow;
  run_services: RunServiceRow;
  run_plans: RunPlanRow;
  actions: ActionRow;
  freezes: FreezeRow;
  notifications: NotificationRow;
  notification_messages: NotificationMessageRow;
  told_health: ToldHealthRow;
  forge_ends: { deployment_id: string };
  forge_sources: ForgeSourceRow;
  forge_reports: ForgeReportRow;
  forge_deployments: ForgeDeploymentRow;
  forge_waiting: ForgeWaitingRow;
  settings: SettingRow;
  request_keys: RequestKeyRow;
  sessions: SessionRow;
  leases: LeaseRow;
  instances: InstanceRow;
  /** From here on in memory, with the store's one connection. */
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
  /** JSON object; null if nothing but ignored events. */
  headers: string | null;
  body: string | null;
  /** JSON array of ignored events. */
  ignored: string;
  /** 1 if at least one push was taken from it. */
  counted: number;
};

/** How often a sender sent something that asks for nothing. */
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

/** The result of a push on one cluster. */
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

/** The combined result of a tag's checks on a cluster, for the pushes that waited for them together. */
export type CheckRow = {
  id: Generated<number>;
  cluster: string;
  name: string;
  tag: string;
  /** When the newest of them ended. */
  checked_at: number;
  /** Number of pushes that share it. */
  pushes: Generated<number>;
};

/** A digest that the registry showed at one of the checks. */
export type CheckDigestRow = { check_id: number; digest: string };

/** A service of the tag, as found by the newest check with a result. */
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

/** A check that waits or is in progress; at most one of each per (cluster, name). */
export type CheckQueueRow = {
  id: Generated<number>;
  cluster: string;
  name: string;
  state: 'pending' | 'running';
  run_at: number;
  /** When `run_at` was set; null if an earlier version set it. */
  set_at: Generated<number | null>;
  /** When the first webhook asked for it; null for a follow-up. */
  asked_at: number | null;
  attempts: number;
  last_error: string | null;
  /** Name of the webhook secret that first asked for it; null if none did, or if an earlier version wrote it. */
  secret: Generated<string | null>;
};

/** A repository that was checked on a cluster. */
export type RepositoryRow = {
  cluster: string;
  name: string;
  /** When its last check began. */
  last_check_at: number;
};

/** A registry's last answer for a tag. */
export type PublishedRow = {
  name: string;
  tag: string;
  digest: string | null;
  /** JSON array of the platform digests of the index, if they were read. */
  members: string | null;
  failure: string | null;
  detail: string | null;
  checked_at: number;
  /** Media type of the digest; null if unknown, or if an earlier version wrote it. */
  media_type: string | null;
};

/** The members of an index, for every index that any tag was ever seen with. */
export type SeenIndexRow = {
  digest: string;
  /** JSON array of platform digests. */
  members: string;
  seen_at: number;
};

/** A digest that a tag was seen with. */
export type SeenDigestRow = {
  name: string;
  tag: string;
  digest: string;
  /** Its age counts from here, even if it returns later. */
  first_seen_at: number;
  /** When the tag last moved to it. This is the order of candidates. */
  appeared_at: number;
  /** When the registry no longer had it; null while it may have it. */
  gone_at: Generated<number | null>;
};

/** A service that waits at a gate, with its candidate. */
export type WaitingRow = {
  cluster: string;
  service_id: string;
  service_name: string;
  stack: string | null;
  /** Registry and repository. */
  name: string;
  /** What the service has. */
  from_tag: string;
  from_digest: string;
  /** The candidate. */
  tag: string;
  digest: string;
  /** Spec of the service when the candidate became one: votes do not carry over to another spec. */
  spec_fingerprint: string;
  /** JSON array of the closed gates, see `Gate`. */
  gates: string;
  /** Since when the service waits. */
  since: number;
  /** Since when it waits for this candidate: the deadline of its votes counts from here. */
  candidate_since: number;
  /** When to check it again. */
  due_at: number;
  /** When `due_at` was set. */
  set_at: number;
  /** Failures in a row. */
  attempts: Generated<number>;
  last_error: Generated<string | null>;
};

/** What triggered a waiting digest, kept for its later deployment. */
export type WaitingTriggerRow = {
  cluster: string;
  service_id: string;
  digest: string;
  kind: TriggerRow['kind'];
  source: string;
  at: number;
};

/** A person's vote for an image of a service with one spec. */
export type ApprovalVoteRow = {
  cluster: string;
  service_id: string;
  spec_fingerprint: string;
  tag: string;
  digest: string;
  /** Name of an API token. All links in notifications together are one more voter. */
  person: string;
  /** The person's role at that time. */
  role: VoterRole;
  /** The channel whose link was used; null for a token. */
  channel: string | null;
  at: number;
};

/** A one-time link that was sent in a notification. */
export type ApprovalLinkRow = {
  /** Digest of its token. */
  hash: string;
  cluster: string;
  service_id: string;
  spec_fingerprint: string;
  tag: string;
  digest: string;
  channel: string;
  created_at: number;
  expires_at: number;
  used_at: number | null;
};

/** A decision on an image at its gates, stored until the messages to channels are made. */
export type GateNewsRow = {
  id: string;
  /** JSON, see GateNotice. */
  content: string;
  at: number;
};

/** The build facts of a digest that waits, or that a waiting digest would replace. */
export type BuildFactsRow = {
  digest: string;
  /** JSON, see BuildFacts; `null` if nothing could be read. */
  facts: string;
  read_at: number;
};

/** An image that no node could run when it should have been deployed. */
export type UnfitImageRow = {
  digest: string;
  /** JSON array of its platforms; `null` if they could not be read. */
  platforms: string;
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

export type RunRow = {
  id: string;
  /** JSON, see RunRequest. A request that equals one in progress joins it. */
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
  /** The instance that a dry run belongs to; null for other runs, and for those of earlier versions. */
  instance: string | null;
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

/** The result of a dry run. It is written once and read as a whole, so it is one row for any number of services. */
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

/** A deployment that ended and is not announced yet. */
export type NotificationRow = { deployment_id: string; ended_at: number };

/** A message to one channel, sent or not. */
export type NotificationMessageRow = {
  id: string;
  channel: string;
  /** JSON, see Message. */
  content: string;
  state: 'waiting' | 'sent' | 'failed';
  created_at: number;
  /** The earliest time to send it. */
  run_at: number;
  /** When `run_at` was set; null if an earlier version set it. */
  set_at: Generated<number | null>;
  /** The latest time to send it. */
  give_up_at: number;
  attempts: number;
  /** One line for a person. */
  last_error: string | null;
  ended_at: number | null;
};

/** A health problem of a service that was announced and is not over. */
export type ToldHealthRow = {
  cluster: string;
  service_id: string;
  /** `held`: somebody else deployed a held digest. */
  kind: 'failing' | 'held';
  /** The held digest; empty for `failing`. */
  subject: string;
  /** Id of the announcement. */
  incident: string;
  told_at: number;
};

/** The source repository that was first seen for an image. */
export type ForgeSourceRow = {
  /** Registry and repository. */
  image: string;
  /** Host. */
  forge: string;
  repository: string;
  seen_at: number;
};

/** The state of one commit in one environment, and whether its forge has it. */
export type ForgeReportRow = {
  id: string;
  forge: string;
  repository: string;
  commit_sha: string;
  /** Branch or tag that it was built from, from the image's label. */
  ref: string | null;
  environment: string;
  state: ReportState;
  description: string;
  /** The most informative deployment; empty if none exists yet. */
  deployment_id: string;
  environment_url: string | null;
  /** Increases with each change, so that an old send does not mark a newer change as sent. */
  change: Generated<number>;
  /** The forge's id for it. */
  remote_id: string | null;
  remote_url: string | null;
  delivery: 'waiting' | 'sent' | 'failed';
  /** The earliest time to send it. */
  run_at: number;
  /** When `run_at` was set. */
  set_at: number;
  attempts: Generated<number>;
  /** One line for a person. */
  last_error: string | null;
  changed_at: number;
  /** Path of the most informative dashboard page, after `#/`; null if an earlier version wrote the row. */
  page: Generated<string | null>;
};

/** A service that waits, or waited, at gates for an image, and the report that contains it. */
export type ForgeWaitingRow = {
  cluster: string;
  service_id: string;
  digest: string;
  service_name: string;
  from_tag: string;
  /** Empty if it is unknown what runs. */
  from_digest: string;
  tag: string;
  /** JSON array of the closed gates, see `Gate`. */
  gates: string;
  /** Since when it waits for this image. */
  since: number;
  /** Null if no forge gets a report: the image has no commit, or no repository of a forge. */
  report_id: string | null;
  commit_url: string | null;
  compare_url: string | null;
  pull_request_url: string | null;
  /** Why it no longer waits, if no deployment followed; null while it waits. */
  ended: ForgeWaitEnd | null;
  /** Commit of what replaced it. */
  replaced_by: string | null;
  /** 0: the report does not contain this row's state yet. */
  is_told: number;
};

/** `current`: somebody else gave the service the image. `over`: the service was removed, or is no longer updated. */
export type ForgeWaitEnd = 'replaced' | 'rejected' | 'expired' | 'current' | 'over';

/** The report of a deployment, and the forge's pages about it. */
export type ForgeDeploymentRow = {
  deployment_id: string;
  report_id: string;
  commit_url: string;
  compare_url: string | null;
  pull_request_url: string | null;
};

/** An idempotency key, and the answer once there is one. */
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

/** A sign-in with a token. It reveals neither the session's id nor any part of the token. */
export type SessionRow = {
  /** Digest of the id. */
  id_hash: string;
  /** Name of the token. */
  token: string;
  /** Binds the session to the token's value. */
  fingerprint: string;
  created_at: number;
  used_at: number;
};

export type SettingRow = { key: string; value: string };

/** See {@link keepLeases}. */
export type LeaseRow = {
  name: string;
  /** An instance; null if nobody works on it. */
  holder: string | null;
  /** Increases with each holder: a fencing token. */
  epoch: number;
  /** When the holder took it, or the last one released it. */
  since: number;
  /** When it ends unless it is renewed; null if it has no end. */
  until: number | null;
};

export type InstanceRow = {
  id: string;
  host: string;
  version: string;
  started_at: number;
  seen_at: number;
};

/** An event for the clients that listen. */
export type EventRow = {
  id: Generated<number>;
  at: Generated<number>;
  type: string;
  /** JSON object. */
  data: string;
};

/** One row. Its count increases with everything that may change the state of services. */
export type ChangeRow = { count: number };

/** Deployments that ended since the store was opened. */
export type DeploymentEndRow = { cluster: string; state: string; count: number };

/** Time from the first webhook of a push to the verified end of a deployment. */
export type VerifiedRow = { id: Generated<number>; cluster: string; seconds: number };
