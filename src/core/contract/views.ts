import type { ForgeView } from '../forge/forge-view.ts';

/**
 * The API's data as plain JSON: times are RFC 3339, digests complete, images normalised and without digest. The store
 * and the work part produce it; the HTTP server returns it as is.
 */
import type { Capabilities } from '../swarm/cluster.ts';
import type { HealthView } from '../health/health.ts';
import type { GateView } from '../policy/gates/gate-state.ts';
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

/** States of a deployment that has not ended. */
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
  /** Normalised; the spec's own text if that is not a valid image. */
  readonly image: string;
  /** What its tasks run, or else what its spec names; null if neither is known. */
  readonly running: string | null;
  readonly published: string | null;
  readonly checkedAt: string | null;
  /**
   * The tag and digest that it is compared with. The tag differs from its own if it follows tags. Null if none is
   * known; missing in runs of earlier versions.
   */
  readonly target?: { readonly tag: string; readonly digest: string } | null;
  readonly verdict: VerdictName;
  /** One word in kebab-case, if the verdict needs one: which hold, why excluded, why unknown. */
  readonly reason: string | null;
  /** The same in one line for a person, if there is more to say. */
  readonly detail?: string;
  /** What the helper will do about it. `leave` also if a hold or a choice keeps it as it is. */
  readonly plan: 'deploy' | 'wait' | 'leave';
  /** Closed gates. A frozen service has them too. */
  readonly gates: readonly GateView[];
  readonly mode: ServiceMode;
  readonly replicas: { readonly running: number; readonly desired: number } | null;
  readonly updatedAt: string;
  /** Id of its latest deployment. */
  readonly deployment: string | null;
  readonly build: BuildFacts | null;
  /** The label `cd-helper.track`, valid or not. Missing if it has none. */
  readonly track?: string;
  /** Only if it has this label, and only in a run or if a single service is read. */
  readonly tracking?: TrackingView;
};

/** Why the store cannot be written. */
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
  /** The node's host name; null if unknown. */
  readonly nodeName: string | null;
  readonly exitCode: number | null;
  /** The last lines of the failing container. The server empties this for everyone but operators. */
  readonly log: readonly string[];
};

export type DeploymentView = {
  readonly id: string;
  readonly cluster: string;
  readonly service: { readonly id: string; readonly name: string };
  readonly image: string;
  readonly from: string | null;
  /** Null if the cluster looks up the digest itself and it is not known yet. */
  readonly to: string | null;
  /** The tags that belong to `from` and `to`. They differ if the service follows tags, or went back to another one. */
  readonly fromTag: string;
  readonly toTag: string;
  /** Why it was made. */
  readonly cause: Cause;
  readonly state: DeploymentState;
  readonly reason: string | null;
  /** The first and the newest of each kind, oldest first. */
  readonly triggers: readonly TriggerView[];
  /** The number of all triggers, including those not shown. */
  readonly triggerCount: number;
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Since when one of its tasks pulls its image; null if none does, or only for a few seconds. */
  readonly pullingSince: string | null;
  /**
   * For a person's rollback: digests that it holds in addition to `from`, because they were already published and would
   * have come next. Missing if there are none.
   */
  readonly alsoHeld?: readonly string[];
  readonly steps: readonly StepView[];
  readonly failure: FailureView | null;
  /** What its forge was told. Only if a single deployment is read and a forge gets reports about it. */
  readonly forge?: ForgeView;
  /** What `to` was built from, once known. */
  readonly build: BuildFacts | null;
  /** What its update changed in the spec, with environment values masked; null if unknown. */
  readonly changes: readonly SpecChange[] | null;
};

/** Where a person's rollback of a service may go. */
export type RollbackView = {
  /** The digest that its spec names. */
  readonly present: string | null;
  /** When the present one was found good; null while it is not. */
  readonly presentGoodAt: string | null;
  /** Good images that ran before the present one and are not held, newest first. */
  readonly targets: readonly {
    readonly digest: string;
    /** The last tag that the service had with this digest; null if unknown. */
    readonly tag: string | null;
    /** When it was found good. */
    readonly goodAt: string;
    readonly build: BuildFacts | null;
  }[];
  /** Other digests of its history, newest first, with the reason why they are not targets. */
  readonly others: readonly {
    readonly digest: string;
    readonly tag: string | null;
    readonly reason: 'known-bad' | 'left-by-person' | 'not-good';
  }[];
};

export type ClusterView = {
  readonly name: string;
  readonly type: 'engine' | 'swarmpit';
  /** `unknown` until it was first asked. */
  readonly state: 'up' | 'down' | 'unknown';
  readonly description: string | null;
  /** One line for a person if it is down. */
  readonly problem: string | null;
  readonly checkedAt: string | null;
  readonly capabilities: Capabilities;
};

export type RegistryView = {
  readonly host: string;
  /** The remaining quota of the registry's own rate limit, if the registry reports it. */
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
  /** Checks that wait or are in progress. */
  readonly checksWaiting: number;
  /** How long the oldest check has been due; null if there is none. */
  readonly oldestCheckAgeSeconds: number | null;
  /** Pushes that are not done. */
  readonly pushesWaiting: number;
  /** The age of the oldest waiting push, without those that wait for the end of a freeze; null if there is none. */
  readonly oldestPushAgeSeconds: number | null;
  readonly deployments: Readonly<Record<OpenState, number>>;
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
  /** The client's address; null if it was not recorded. */
  readonly address: string | null;
  readonly action: string;
  readonly target: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** A part of a list. Pass `next` to get the next part; null at the end. */
export type Page<T> = { readonly items: readonly T[]; readonly next: string | null };
