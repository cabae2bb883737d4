import type { VerdictName } from '../verdict/verdict.ts';
import type { Scope } from './scope.ts';
import type { ServiceView } from './views.ts';

export const RUN_STATES = ['queued', 'checking', 'deploying', 'done', 'failed'] as const;
export type RunState = (typeof RUN_STATES)[number];

/** Who or what started a run: a person, the schedule, or the start of the helper. */
export const RUN_ORIGINS = ['person', 'schedule', 'start'] as const;
export type RunOrigin = (typeof RUN_ORIGINS)[number];

/** Progress of a run. A lookup is one image, however many services use it. */
export type RunProgress = {
  readonly services: number;
  readonly images: number;
  readonly checkedImages: number;
};

/** A run as a list shows it. */
export type RunSummary = {
  readonly id: string;
  readonly state: RunState;
  /** One line for a person if it failed or left something out. */
  readonly reason: string | null;
  readonly dryRun: boolean;
  readonly origin: RunOrigin;
  /** Name of the token that asked for it; null for an automatic run. */
  readonly by: string | null;
  readonly progress: RunProgress;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Number of services per verdict. Verdicts without a service are left out. */
  readonly counts: Readonly<Partial<Record<VerdictName, number>>>;
};

export type RunView = RunSummary & { readonly services: readonly ServiceView[] };

/** A request for SmartRedeploy. Empty lists select everything. Patterns are globs. */
export type RunRequest = {
  readonly cluster: string | null;
  readonly services: readonly string[];
  readonly stacks: readonly string[];
  readonly images: readonly string[];
  readonly dryRun: boolean;
  readonly pin: boolean;
  /** The scope of the token that asks. */
  readonly scope?: Scope | null;
};
