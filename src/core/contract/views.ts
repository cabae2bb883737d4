import type { ForgeView } from '../forge/forge-view.ts';
/**
 * What the API shows, as plain JSON: times are RFC 3339, digests whole, images normalised and
 * without digest. The store and the work produce these, the HTTP server gives them out as they are.
 */
import type { Capabilities } from '../swarm/cluster.ts';
import type { HealthView } from '../health/health.ts';
import type { Scope } from './scope.ts';
import type { GateView } from '../policy/gates/gate-state.ts';
import type { PushOutcome } from '../check/conclude-look.ts';
import type { Cause } from '../verdict/plan.ts';
import type { BuildFacts } from '../image/published.ts';
import type { TrackingView } from '../policy/tracking.ts';
import type { ServiceMode } from '../swarm/service.ts';
import type { VerdictName } from '../verdict/verdict.ts';
import type { SpecChange } from '../swarm/spec-changes.ts';
import { FAILURE_KINDS } from '../store-failure.ts';

export const VERDICT_NAMES = [
  'current',
  'obsolete',
  'waiting',
  'updating',
  'diverged',
  'pinned',
  'excluded',
  'held',
  'unknown',
] as const satisfies readonly VerdictName[];
export type { VerdictName };

export const DEPLOYMENT_STATES = [
  'queued',
  'updating',
  'verifying',
  'succeeded',
  'failed',
  'rolled-back',
  'superseded',
  'skipped',
] as const;
export type DeploymentState = (typeof DEPLOYMENT_STATES)[number];

/** States of a deployment that is not at its end. */
export const OPEN_STATES = [
  'queued',
  'updating',
  'verifying',
] as const satisfies readonly DeploymentState[];
export type OpenState = (typeof OPEN_STATES)[number];

export type ServiceView = HealthView & {
  readonly cluster: string;
  readonly id: string;
  readonly name: string;
  readonly stack: string | null;
  /** Normalised; the spec's own text where that is no valid image. */
  readonly image: string;
  /** What its tasks run, else what its spec names; null where neither is known. */
  readonly running: string | null;
  readonly published: string | null;
  readonly checkedAt: string | null;
  /**
   * The tag and digest that it is compared with: another tag than its own where it follows tags. Null where none is
   * known; missing in runs of earlier versions.
   */
  readonly target?: { readonly tag: string; readonly digest: string } | null;
  readonly verdict: VerdictName;
  /** One word in kebab-case, where the verdict needs one: which hold, why excluded, why unknown. */
  readonly reason: string | null;
  /** The same in one line for a person, where there is more to say. */
  readonly detail?: string;
  /** What is to be done about it: `leave` also where a hold or a choice keeps it as it is. */
  readonly plan: 'deploy' | 'wait' | 'leave';
  /** Closed gates, also of a service that is frozen. */
  readonly gates: readonly GateView[];
  readonly mode: ServiceMode;
  readonly replicas: { readonly running: number; readonly desired: number } | null;
  readonly updatedAt: string;
  /** Id of its latest deployment. */
  readonly deployment: string | null;
  readonly build: BuildFacts | null;
  /** The label `cd-helper.track`, right or wrong; only where it has one. */
  readonly track?: string;
  /** Only of one that has this label, and only in a run and where one service is read. */
  readonly tracking?: TrackingView;
};

/** Whether what the helper accepts can be put on disk. */
export const STORE_REASONS = [
  'files-deleted',
  'files-replaced',
  'refuses-writes',
  ...FAILURE_KINDS,
] as const;
export type StoreReason = (typeof STORE_REASONS)[number];

export type StoreView = {
  readonly state: 'writable' | 'not-writable';
  /** Null while it is writable. */
  readonly reason: StoreReason | null;
  /** The same in one line for a person. */
  readonly detail: string | null;
  /** Since when it is not writable. */
  readonly since: string | null;
};

/** What led to a deployment. */
export type TriggerView =
  | { readonly kind: 'hook'; readonly delivery: string }
  | { readonly kind: 'smart-redeploy'; readonly run: string }
  | { readonly kind: 'schedule'; readonly run: string }
  | { readonly kind: 'person'; readonly actor: string };

export type StepView = {
  readonly at: string;
  readonly step: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

export type FailureView = {
  readonly message: string;
  /** Id of the node that the failing task was on. */
  readonly node: string | null;
  /** Its host name; null where that is not known. */
  readonly nodeName: string | null;
  readonly exitCode: number | null;
  /** The failing container's last lines. The server empties it for anyone but operators. */
  readonly log: readonly string[];
};

export type DeploymentView = {
  readonly id: string;
  readonly cluster: string;
  readonly service: { readonly id: string; readonly name: string };
  readonly image: string;
  readonly from: string | null;
  /** Null where the cluster looks the digest up by itself and it is not known yet. */
  readonly to: string | null;
  /** The tags that belong to `from` and `to`; they differ where the service follows tags, or went back to one. */
  readonly fromTag: string;
  readonly toTag: string;
  /** Why it was made. */
  readonly cause: Cause;
  readonly state: DeploymentState;
  readonly reason: string | null;
  /** The first and the newest of each kind, oldest first. */
  readonly triggers: readonly TriggerView[];
  /** How many there were, also of those that are not shown. */
  readonly triggerCount: number;
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Since when a task of it pulls its image; null where none does, or did so for a few seconds only. */
  readonly pullingSince: string | null;
  /**
   * Of a person's rollback: digests that it holds beside `from`, because they were published already and would have
   * come next. Missing for none.
   */
  readonly alsoHeld?: readonly string[];
  readonly steps: readonly StepView[];
  readonly failure: FailureView | null;
  /** What `to` was built from, once it was read. */
  /** What its forge was told; only where one deployment is read, and a forge is told of it. */
  readonly forge?: ForgeView;
  readonly build: BuildFacts | null;
  /** What its update changed in the spec, environment values masked; null where that is not known. */
  readonly changes: readonly SpecChange[] | null;
};

/** What a person's rollback of a service may go to. */
export type RollbackView = {
  /** The digest that its spec names. */
  readonly present: string | null;
  /** When the present one was found good; null while it is not. */
  readonly presentGoodAt: string | null;
  /** Good images that ran before the present one and are not held, the newest first. */
  readonly targets: readonly {
    readonly digest: string;
    /** That it had under this digest last; null where that is not known. */
    readonly tag: string | null;
    /** When it was found good. */
    readonly goodAt: string;
    readonly build: BuildFacts | null;
  }[];
  /** Other digests of its history, the newest first, with why they are not among those. */
  readonly others: readonly {
    readonly digest: string;
    readonly tag: string | null;
    readonly reason: 'known-bad' | 'left-by-person' | 'not-good';
  }[];
};

export const RUN_STATES = ['queued', 'checking', 'deploying', 'done', 'failed'] as const;
export type RunState = (typeof RUN_STATES)[number];

/** What began a run: somebody, the schedule, or the start of the helper. */
export const RUN_ORIGINS = ['person', 'schedule', 'start'] as const;
export type RunOrigin = (typeof RUN_ORIGINS)[number];

/** How far a run has come. A look-up is one image, however many services use it. */
export type RunProgress = {
  readonly services: number;
  readonly images: number;
  readonly checkedImages: number;
};

/** A run as a list shows it. */
export type RunSummary = {
  readonly id: string;
  readonly state: RunState;
  /** One line for a person where it failed or left something out. */
  readonly reason: string | null;
  readonly dryRun: boolean;
  readonly origin: RunOrigin;
  /** Name of the token of whoever asked for it; null for a run by itself. */
  readonly by: string | null;
  readonly progress: RunProgress;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Services per verdict; verdicts that no service has are left out. */
  readonly counts: Readonly<Partial<Record<VerdictName, number>>>;
};

export type RunView = RunSummary & { readonly services: readonly ServiceView[] };

/** One push of a delivery, and what became of it on each cluster. */
export type PushView = {
  readonly image: string;
  readonly digest?: string;
  readonly results: readonly {
    readonly cluster: string;
    /** `waiting` while the registry may still catch up with the hook, or the cluster is away. */
    readonly state: 'waiting' | 'done';
    readonly outcome: PushOutcome | null;
    /** One line for a person. */
    readonly detail: string | null;
    readonly endedAt: string | null;
  }[];
};

export type DeliveryView = {
  readonly id: string;
  readonly receivedAt: string;
  readonly sender: string;
  /** Name of the secret that let it in, never its value. */
  readonly secret: string;
  readonly address: string;
  readonly status: number;
  readonly pushes: readonly PushView[];
  readonly ignored: readonly { readonly reason: string; readonly about?: string }[];
  readonly duplicateOf: string | null;
  /** Ids of the deployments that it led to. */
  readonly deployments: readonly string[];
};

/** Deliveries, and how many without a push are left out of them. */
export type DeliveryPage = Page<DeliveryView> & { readonly ignored: number };

/** One delivery with its content, secrets removed; the body is null where nothing of it counted. */
export type DeliveryDetail = DeliveryView & {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

export type ClusterView = {
  readonly name: string;
  readonly type: 'engine' | 'swarmpit';
  /** `unknown` until it was first asked. */
  readonly state: 'up' | 'down' | 'unknown';
  readonly description: string | null;
  /** One line for a person where it is down. */
  readonly problem: string | null;
  readonly checkedAt: string | null;
  readonly capabilities: Capabilities;
};

export type RegistryView = {
  readonly host: string;
  /** What is left of the registry's own limit, where it tells. */
  readonly quota: {
    readonly limit: number;
    readonly remaining: number;
    readonly windowSeconds: number;
  } | null;
  readonly askedAt: string | null;
  readonly problem: string | null;
};

/** What waits for a cluster. */
export type QueueView = {
  readonly cluster: string;
  /** Looks that wait or are under way. */
  readonly looksWaiting: number;
  /** How long the oldest look has been due; null where none is. */
  readonly oldestLookAgeSeconds: number | null;
  /** Pushes that were not carried to their end. */
  readonly pushesWaiting: number;
  /** How long ago the oldest push came that waits, and not for a thaw; null where none does. */
  readonly oldestPushAgeSeconds: number | null;
  readonly deployments: Readonly<Record<OpenState, number>>;
};

/** A secret of hooks by its name, never its value; null limits nothing. */
export type HookSecretView = {
  readonly name: string;
  readonly senders: readonly string[] | null;
  readonly clusters: readonly string[] | null;
  readonly repositories: readonly string[] | null;
  readonly lastUsedAt: string | null;
  /** That it let in and that are kept. */
  readonly deliveries: number;
};

/** A kind of sender, and what to paste where. */
export type SenderView = {
  readonly sender: string;
  readonly place: string;
  /** Whether it can sign with the secret, and then need not have it in its address. */
  readonly signs: boolean;
  /** With the placeholder `{secret}`. */
  readonly address: string;
};

export type FreezeView = {
  readonly id: string;
  readonly cluster: string | null;
  readonly stack: string | null;
  readonly service: string | null;
  readonly reason: string;
  readonly by: string;
  readonly since: string;
  readonly until: string | null;
};

/** One entry of the audit: who did what, to what. */
export type ActionView = {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  /** Where it was asked from; null where that was not recorded. */
  readonly address: string | null;
  readonly action: string;
  readonly target: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** A part of a list; `next` is what the next part is asked for with, null at the end. */
export type Page<T> = { readonly items: readonly T[]; readonly next: string | null };

/** What a person asks of SmartRedeploy; empty lists select everything. Patterns are globs. */
export type RunRequest = {
  readonly cluster: string | null;
  readonly services: readonly string[];
  readonly stacks: readonly string[];
  readonly images: readonly string[];
  readonly dryRun: boolean;
  readonly pin: boolean;
  /** What the token of whoever asks is limited to. */
  readonly scope?: Scope | null;
};
