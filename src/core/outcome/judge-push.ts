import type { PushOutcome } from '../check/conclude-check.ts';
import type { Digest } from '../image/digest.ts';
import { FOLLOW_UPS_MS } from '../check/check-timing.ts';
import {
  type CheckedFacts,
  type Convergence,
  type DeploymentFacts,
  judgeService,
} from './judge-service.ts';
import type { Gate } from '../policy/gates/gate-state.ts';
import type { ClusterOutcome, OutcomeGate, ServiceOutcome } from './outcome.ts';

/** The results of a push's checks on a cluster. */
export type CheckFacts = {
  /** When the newest of them ended, ms since the epoch. */
  readonly at: number;
  /** Every digest that the registry showed, with its known platform digests. */
  readonly shown: readonly { readonly digest: Digest; readonly members: readonly Digest[] }[];
  readonly services: readonly CheckedFacts[];
  /** Deployments were queued or joined. */
  readonly hasDeployments: boolean;
};

/** A push on one cluster. Times are ms since the epoch. */
export type PushFacts = {
  readonly cluster: string;
  readonly delivery: string;
  readonly receivedAt: number;
  /** The digest that it named, or that the query names; null if neither does. */
  readonly wanted: Digest | null;
  readonly state: 'waiting' | 'done';
  readonly outcome: PushOutcome | null;
  readonly detail: string | null;
  /** Null before the first check. */
  readonly check: CheckFacts | null;
  /** By the service's id: from the deployment that its check names on, oldest first. */
  readonly deploymentsOf: (serviceId: string) => readonly DeploymentFacts[];
  readonly frozen: (service: CheckedFacts) => string | null;
  readonly converged: (service: CheckedFacts) => Convergence;
  /** Closed gates of a waiting service. Missing if none are known. */
  readonly gatesOf?: (serviceId: string) => readonly Gate[];
};

export type ClusterJudged = {
  readonly cluster: ClusterOutcome;
  readonly services: readonly ServiceOutcome[];
  readonly deployments: readonly DeploymentFacts[];
  readonly gates: readonly OutcomeGate[];
};

/** A push without a digest that changed nothing may be ahead of its registry. The first follow-up decides. */
const LAG_MS = FOLLOW_UPS_MS[0] ?? 0;
/** One follow-up also covers others that are due at about the same time. */
const LAG_SLACK_MS = 2_000;

/** The outcome of a push on one cluster. */
export const judgePush = (push: PushFacts, now: number): ClusterJudged => {
  const why = notYet(push);
  if (why !== null) {
    const { detail } = push;
    const cluster = {
      cluster: push.cluster,
      ...why,
      ...(detail === null ? {} : { detail }),
    };
    return { cluster, services: [], deployments: [], gates: [] };
  }
  const judged = (push.check?.services ?? []).map((found) =>
    judgeService({
      cluster: push.cluster,
      found,
      deployments: push.deploymentsOf(found.serviceId),
      isAwaited: push.state === 'waiting',
      frozen: push.frozen(found),
      converged: () => push.converged(found),
      now,
    }),
  );
  // If there are services, each of them gives its own reason.
  const detail = judged.length === 0 ? push.detail : null;
  return {
    cluster: {
      cluster: push.cluster,
      state: 'checked',
      reason: null,
      ...(detail === null ? {} : { detail }),
    },
    services: judged.map(({ outcome }) => outcome),
    deployments: judged.flatMap(({ deployments }) => deployments),
    gates: judged.flatMap(({ outcome }, index) => {
      const serviceId = push.check?.services[index]?.serviceId;
      return outcome.state === 'waiting' && serviceId !== undefined
        ? (push.gatesOf?.(serviceId) ?? []).map((gate) => toOutcomeGate(outcome, gate))
        : [];
    }),
  };
};

const toOutcomeGate = (
  { cluster, service }: ServiceOutcome,
  { gate, since, until, detail }: Gate,
): OutcomeGate => ({
  cluster,
  service,
  gate,
  since: new Date(since).toISOString(),
  until: until === null ? null : new Date(until).toISOString(),
  detail,
});

/** Why nothing is known about the services yet; null if something is. */
const notYet = (push: PushFacts): Pick<ClusterOutcome, 'state' | 'reason'> | null => {
  const { check, wanted, state, outcome } = push;
  if (check === null) {
    return state === 'waiting'
      ? { state: 'pending', reason: 'not-checked' }
      : { state: 'unknown', reason: outcome ?? 'given-up' };
  }
  // Without a service, no registry is asked.
  if (check.services.length === 0) return null;
  const isFrozen = outcome === 'frozen';
  if (wanted !== null && !isShown(check, wanted) && !isFrozen) {
    if (state === 'waiting') return { state: 'pending', reason: 'digest-not-seen' };
    return outcome === 'digest-not-seen' ? { state: 'unknown', reason: 'digest-not-seen' } : null;
  }
  const mayLag = check.at < push.receivedAt + LAG_MS - LAG_SLACK_MS;
  const isQuiet = wanted === null && state === 'waiting' && !check.hasDeployments && !isFrozen;
  return isQuiet && mayLag ? { state: 'pending', reason: 'registry-may-lag' } : null;
};

const isShown = ({ shown }: CheckFacts, wanted: Digest): boolean =>
  shown.some(({ digest, members }) => digest === wanted || members.includes(wanted));
