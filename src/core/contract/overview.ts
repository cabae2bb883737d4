/** The pictures of the dashboard's overview, as the API returns them. Times are RFC 3339. */
import type { HealthName, HealthReason } from '../health/health.ts';
import type { WaitingView } from '../policy/approvals/waiting-view.ts';
import type { DeploymentState, FreezeView, OpenState, ServiceView, VerdictName } from './views.ts';

/** A deployment as a bar of its service's lane. */
export type LaneBar = {
  readonly id: string;
  readonly state: DeploymentState;
  readonly reason: string | null;
  readonly fromTag: string;
  readonly toTag: string;
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
};

/** A push of the service's image. */
export type LanePush = { readonly delivery: string; readonly at: string; readonly tag: string };

export type LaneFreeze = {
  readonly id: string;
  readonly since: string;
  /** When it ended, or will end; null until somebody lifts it. */
  readonly until: string | null;
  readonly reason: string;
};

/** What happened to one service in a span of time. All lists begin with the oldest. */
export type LaneView = {
  readonly cluster: string;
  readonly service: { readonly id: string; readonly name: string };
  readonly stack: string | null;
  /** Null, like the next two, if the service was removed or its cluster does not answer. */
  readonly health: HealthName | null;
  readonly healthReason: HealthReason | null;
  readonly verdict: VerdictName | null;
  readonly deployments: readonly LaneBar[];
  readonly pushes: readonly LanePush[];
  readonly freezes: readonly LaneFreeze[];
};

export type TimelineView = {
  readonly since: string;
  /** The most urgent first. */
  readonly lanes: readonly LaneView[];
  /** Number of lanes that were left out. */
  readonly left: number;
};

export type TimelineRequest = {
  /** Words that must all occur in the name, stack, cluster or image, ignoring case. */
  readonly q?: string | undefined;
  readonly cluster?: string | undefined;
  /** Name or id. */
  readonly service?: string | undefined;
  /** The length of the span. */
  readonly days: number;
};

/** An open deployment and how far it is. */
export type RolloutView = {
  readonly id: string;
  readonly cluster: string;
  readonly service: { readonly id: string; readonly name: string };
  readonly toTag: string;
  readonly state: OpenState;
  readonly queuedAt: string;
  readonly startedAt: string | null;
  /** For a queued one: when it is due, if that is later. */
  readonly dueAt: string | null;
  /** Tasks that run the image, of how many; null until the cluster reported it. */
  readonly running: number | null;
  readonly desired: number | null;
  /** Tasks that were created for it and do not run yet. */
  readonly starting: number;
  /** Since when a task pulls the image, if this takes longer than a few seconds. */
  readonly pullingSince: string | null;
  /** Whether the service goes back to its earlier image. */
  readonly isGoingBack: boolean;
};

/** The deployments that were queued on one day in UTC and did something. */
export type DayView = {
  /** `2026-03-01` */
  readonly day: string;
  readonly deployments: number;
  /** How many of them failed or were rolled back. */
  readonly failures: number;
  /** Half of the pushes were verified within this time; null if none was. */
  readonly medianSeconds: number | null;
};

/** The beginning of a list that may be long. */
export type Beginning<T> = { readonly items: readonly T[]; readonly isWhole: boolean };

export type OverviewView = {
  /** Number of services. */
  readonly services: number;
  /** Services that need a person. */
  readonly troubles: Beginning<ServiceView>;
  readonly rollouts: Beginning<RolloutView>;
  readonly waiting: Beginning<WaitingView>;
  /** Active freezes. */
  readonly freezes: Beginning<FreezeView>;
  /** The last 30 days, oldest first. Days without a deployment are included. */
  readonly days: readonly DayView[];
};
