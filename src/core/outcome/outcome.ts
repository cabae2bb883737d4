/** The outcome of a push, as the API reports it. The rules are in the guide, "CI learns the outcome". */
import type { DeploymentState } from '../contract/views.ts';

/** Combined over all services. In order of precedence. */
export const OUTCOME_STATES = [
  'pending',
  'failed',
  'unknown',
  'waiting',
  'succeeded',
  'no-service',
] as const;
export type OutcomeState = (typeof OUTCOME_STATES)[number];

/** The outcome for one service. `left`: it is excluded or pinned, and does not count. */
export const SERVICE_OUTCOMES = [
  'pending',
  'failed',
  'unknown',
  'waiting',
  'succeeded',
  'left',
] as const;
export type ServiceOutcomeState = (typeof SERVICE_OUTCOMES)[number];

/** The state of one cluster: whether its services are known. */
export const CLUSTER_OUTCOMES = ['pending', 'unknown', 'checked'] as const;
export type ClusterOutcomeState = (typeof CLUSTER_OUTCOMES)[number];

export type ServiceOutcome = {
  readonly cluster: string;
  readonly service: string;
  readonly state: ServiceOutcomeState;
  /** One word in kebab-case; null if the state says it all. */
  readonly reason: string | null;
  /** The same in one line for a person. */
  readonly detail?: string;
  /** Id of the deployment that decides it. */
  readonly deployment?: string;
  /** When the next attempt is due, RFC 3339. */
  readonly nextTryAt?: string;
};

export type ClusterOutcome = {
  readonly cluster: string;
  readonly state: ClusterOutcomeState;
  readonly reason: string | null;
  readonly detail?: string;
};

export type OutcomeDeployment = {
  readonly id: string;
  readonly cluster: string;
  readonly service: string;
  /** Normalised, with its tag. */
  readonly image: string;
  readonly from: string | null;
  readonly to: string | null;
  /** The tags that belong to `from` and `to`. */
  readonly fromTag: string;
  readonly toTag: string;
  readonly state: DeploymentState;
  readonly reason: string | null;
  readonly failure?: {
    readonly message: string;
    readonly exitCode: number | null;
    /** The last lines of the failing container. Empty unless the caller may see them. */
    readonly log: readonly string[];
  };
};

/** A condition that must be met before a deployment starts. */
export type OutcomeGate = {
  readonly cluster: string;
  readonly service: string;
  readonly gate: string;
  readonly since: string | null;
  readonly until: string | null;
  readonly detail: string;
};

/** `state` is the first key, so a shell script can find it without parsing JSON. */
export type OutcomeView = {
  readonly state: OutcomeState;
  /** Why it is pending, unknown or without a service, in one word; null if the services explain it. */
  readonly reason: string | null;
  readonly services: readonly ServiceOutcome[];
  readonly deployments: readonly OutcomeDeployment[];
  readonly gates: readonly OutcomeGate[];
  readonly clusters: readonly ClusterOutcome[];
  /** Ids of the deliveries that it is about. */
  readonly deliveries: readonly string[];
  /** Only pushes since this time count. Send it back to ask about the same ones later. */
  readonly since: string;
  /** Changes whenever anything else in the answer changes. */
  readonly version: string;
};

type Combined = Pick<OutcomeView, 'services' | 'clusters'>;

/** The first of the states that any service or cluster has. */
export const combineOutcomes = ({ services, clusters }: Combined): OutcomeState => {
  const has = (state: OutcomeState): boolean =>
    services.some((service) => service.state === state) ||
    clusters.some((cluster) => cluster.state === state);
  return OUTCOME_STATES.find(has) ?? 'no-service';
};
