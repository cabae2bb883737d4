import type { Generated } from 'kysely';
import type { VoterRole } from '../../core/policy/gates/gate-policy.ts';
import type { TriggerRow } from './deployments.ts';

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
