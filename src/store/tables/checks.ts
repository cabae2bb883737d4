import type { Generated } from 'kysely';
import type { VerdictName } from '../../core/contract/views.ts';

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
