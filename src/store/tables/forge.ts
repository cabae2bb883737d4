import type { Generated } from 'kysely';
import type { ReportState } from '../../core/forge/report.ts';

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
