import type { Generated } from 'kysely';
import type { PushOutcome } from '../../core/check/conclude-look.ts';
import type { ReportState } from '../../core/forge/report.ts';
import type { Cause } from '../../core/verdict/plan.ts';
import type { VoterRole } from '../../core/policy/gates/gate-policy.ts';
import type { NotGood } from '../../core/rollout/good-image.ts';
import type { DeploymentState, RunOrigin, VerdictName } from '../../core/contract/views.ts';

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
  /** Name of the hook secret that first asked for it; null where none did, or an earlier version wrote it. */
  secret: Generated<string | null>;
};

/** A repository that was checked on a cluster. */
export type RepositoryRow = {
  cluster: string;
  name: string;
  /** When its last check began. */
  last_check_at: number;
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

/** A digest that a tag was seen with. */
export type SeenDigestRow = {
  name: string;
  tag: string;
  digest: string;
  /** Its age counts from here, also where it comes back. */
  first_seen_at: number;
  /** When the tag moved to it last: the order of candidates. */
  appeared_at: number;
  /** When the registry no longer had it; null while it may have it. */
  gone_at: Generated<number | null>;
};

/** A service that waits at a gate, with the candidate that it waits for. */
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
  /** Of the service when the candidate became one: votes die with another. */
  spec_fingerprint: string;
  /** JSON array of the closed gates, see `Gate`. */
  gates: string;
  /** Since when the service waits. */
  since: number;
  /** Since when it waits for this candidate: the deadline of its votes counts from here. */
  candidate_since: number;
  /** When it is to be looked at again. */
  due_at: number;
  /** When `due_at` was set. */
  set_at: number;
  /** Failures in a row. */
  attempts: Generated<number>;
  last_error: Generated<string | null>;
};

/** What led to a digest that waits, kept for the deployment that comes of it. */
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
  /** Name of an API token; all links in notifications are one more. */
  person: string;
  /** That of the person then. */
  role: VoterRole;
  /** The channel whose link was used; null for a token. */
  channel: string | null;
  at: number;
};

/** A one-time link that was sent in a notification. */
export type ApprovalLinkRow = {
  /** Digest of the token in it. */
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

/** What became of an image at its gates, until the channels' messages about it are made. */
export type GateNewsRow = {
  id: string;
  /** JSON, see GateNotice. */
  content: string;
  at: number;
};

/** What a digest was built from that waits, or that something waits to replace. */
export type BuildFactsRow = {
  digest: string;
  /** JSON, see BuildFacts; `null` where nothing could be read. */
  facts: string;
  read_at: number;
};

/** An image that no node could run, when it was to be deployed. */
export type UnfitImageRow = {
  digest: string;
  /** JSON array of what it runs on; `null` where that could not be read. */
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
  /** That of the service when it was queued; null where an earlier version queued it. */
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
  /** Where what was deployed is shown, by the service's label `cd-helper.url`. */
  environment_url: Generated<string | null>;
  /** The deployment that this one retries, or whose update it follows again. */
  follows: Generated<string | null>;
  /** `opened`: a gate let it through; `skipped`: an operator did. Null where no gate stood in its way. */
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
  /** Held as well, whatever its digest; null where the digest alone is. */
  tag: Generated<string | null>;
  spec_fingerprint: string;
  kind: 'known-bad' | 'rolled-back';
  deployment_id: string | null;
  created_at: number;
  released_at: number | null;
  released_by: string | null;
  /** The gate's word for it, where no failure held it; an earlier version knows the kind alone. */
  gate: Generated<'rejected' | 'expired' | null>;
  /** Of such a hold: who rejected it and why, for a person. */
  gate_detail: Generated<string | null>;
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

/** An image that a service was seen running, and whether it is one to go back to. */
export type GoodImageRow = {
  cluster: string;
  service_id: string;
  digest: string;
  /** Registry and repository; null where an earlier version did not record it. */
  name: string | null;
  /** The same for the tag. */
  tag: Generated<string | null>;
  /** Puts the images of a service in order: when it converged, or was replaced. */
  ran_at: number;
  /** Null where others brought it. */
  converged_at: number | null;
  /** Null where it is not good, or not any more. */
  good_at: number | null;
  why: NotGood | null;
  /** When the service is to be seen, to find out whether it is good; null for never. */
  check_at: number | null;
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
  /** The instance whose request a dry run belongs to; null for others, and for those of earlier versions. */
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

/** What of a service's health is told and not over. */
export type ToldHealthRow = {
  cluster: string;
  service_id: string;
  /** `held`: somebody else deployed a held digest. */
  kind: 'failing' | 'held';
  /** The digest that is held; empty for `failing`. */
  subject: string;
  /** Id of what was told. */
  incident: string;
  told_at: number;
};

/** The source repository that was seen first for an image. */
export type ForgeSourceRow = {
  /** Registry and repository. */
  image: string;
  /** Host. */
  forge: string;
  repository: string;
  seen_at: number;
};

/** How one commit stands in one environment, and whether its forge knows. */
export type ForgeReportRow = {
  id: string;
  forge: string;
  repository: string;
  commit_sha: string;
  /** Branch or tag that it was built from, by the image's label. */
  ref: string | null;
  environment: string;
  state: ReportState;
  description: string;
  /** The deployment that says the most; empty where none exists yet. */
  deployment_id: string;
  environment_url: string | null;
  /** Goes up with each change, so that what was sent is not taken for what came after it. */
  change: Generated<number>;
  /** What the forge calls it. */
  remote_id: string | null;
  remote_url: string | null;
  delivery: 'waiting' | 'sent' | 'failed';
  /** Not to be sent before. */
  run_at: number;
  /** When `run_at` was set. */
  set_at: number;
  attempts: Generated<number>;
  /** One line for a person. */
  last_error: string | null;
  changed_at: number;
  /** Where the dashboard says the most, behind `#/`; null where an earlier version wrote the row. */
  page: Generated<string | null>;
};

/** A service that waits at gates for an image, or did, and the report that says so. */
export type ForgeWaitingRow = {
  cluster: string;
  service_id: string;
  digest: string;
  service_name: string;
  from_tag: string;
  /** Empty where it is not known what runs. */
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
  /** Why it waits no longer, where no deployment came of it; null while it waits. */
  ended: ForgeWaitEnd | null;
  /** Commit of what took its place. */
  replaced_by: string | null;
  /** 0: the report does not say yet what this row says. */
  is_told: number;
};

/** `current`: the service was given the image by somebody else. `over`: the service went, or is left alone now. */
export type ForgeWaitEnd = 'replaced' | 'rejected' | 'expired' | 'current' | 'over';

/** Which report a deployment belongs to, and the forge's pages about it. */
export type ForgeDeploymentRow = {
  deployment_id: string;
  report_id: string;
  commit_url: string;
  compare_url: string | null;
  pull_request_url: string | null;
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
/** See {@link keepLeases}. */
export type LeaseRow = {
  name: string;
  /** An instance; null where nobody works on it. */
  holder: string | null;
  /** Counts up with each holder: a fencing token. */
  epoch: number;
  /** When the holder took it, or the last one left it. */
  since: number;
  /** When it ends unless it is renewed; null where it has no end. */
  until: number | null;
};

export type InstanceRow = {
  id: string;
  host: string;
  version: string;
  started_at: number;
  seen_at: number;
};

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
