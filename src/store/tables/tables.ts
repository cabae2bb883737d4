import type { DeliveryRow, IgnoredCountRow, PushRow, PushResultRow } from './deliveries.ts';
import type {
  CheckRow,
  CheckDigestRow,
  CheckServiceRow,
  CheckDeploymentRow,
  IndexMemberRow,
  CheckQueueRow,
  RepositoryRow,
} from './checks.ts';
import type { PublishedRow, SeenIndexRow, SeenDigestRow } from './published.ts';
import type {
  WaitingRow,
  WaitingTriggerRow,
  ApprovalVoteRow,
  ApprovalLinkRow,
  GateNewsRow,
  BuildFactsRow,
  UnfitImageRow,
  FreezeRow,
} from './gates.ts';
import type {
  DeploymentRow,
  StepRow,
  TriggerRow,
  HoldRow,
  ProvenRow,
  GoodImageRow,
} from './deployments.ts';
import type { RunRow, RunServiceRow, RunPlanRow } from './runs.ts';
import type { ActionRow, RequestKeyRow, SessionRow } from './access.ts';
import type { NotificationRow, NotificationMessageRow, ToldHealthRow } from './notices.ts';
import type {
  ForgeSourceRow,
  ForgeReportRow,
  ForgeWaitingRow,
  ForgeDeploymentRow,
} from './forge.ts';
import type { SettingRow, LeaseRow, InstanceRow } from './instances.ts';
import type { EventRow, ChangeRow, DeploymentEndRow, VerifiedRow } from './events.ts';

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
