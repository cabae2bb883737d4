import type { Digest } from '../image/digest.ts';
import type { Cause } from '../verdict/plan.ts';
import type { DeploymentState, FailureView, VerdictName } from '../contract/views.ts';
import { isOpen } from './joined-deployment.ts';
import type { ServiceOutcome } from './outcome.ts';

/** A service as found by the newest check that could determine its state. */
export type CheckedFacts = {
  readonly serviceId: string;
  readonly service: string;
  readonly stack: string | null;
  readonly verdict: VerdictName;
  readonly reason: string | null;
  readonly detail: string | null;
  /** What the registry showed then. */
  readonly digest: Digest | null;
  /** The deployment that the check queued or joined, or that decided the verdict. */
  readonly deployment: string | null;
};

/** Times are ms since the epoch. */
export type DeploymentFacts = {
  readonly id: string;
  readonly cluster: string;
  readonly serviceId: string;
  readonly service: string;
  readonly stack: string | null;
  readonly image: string;
  readonly from: Digest | null;
  readonly to: Digest | null;
  readonly fromTag: string;
  readonly toTag: string;
  readonly cause: Cause;
  readonly state: DeploymentState;
  readonly reason: string | null;
  readonly runAt: number;
  /** The deployment that this one retries, or whose update it continues to follow. */
  readonly follows: string | null;
  readonly failure: FailureView | null;
};

/** `removed`: the service no longer exists. `unseen`: nobody has checked yet, or the cluster did not answer. */
export type Convergence = 'converged' | 'not-converged' | 'removed' | 'unseen';

export type ServiceFacts = {
  readonly cluster: string;
  readonly found: CheckedFacts;
  /** All deployments of this service from that of `found` on, oldest first. */
  readonly deployments: readonly DeploymentFacts[];
  /** The push waits for another check. */
  readonly isAwaited: boolean;
  /** Why a freeze stops a queued deployment of the service; null if none does. */
  readonly frozen: string | null;
  /** Whether the service is converged on the digest that was found. Called only if no deployment decides. */
  readonly converged: () => Convergence;
  /** ms since the epoch. */
  readonly now: number;
};

type Judged = Pick<ServiceOutcome, 'state' | 'reason' | 'nextTryAt'> & {
  readonly detail?: string | null;
  readonly deployment?: string | null;
};

/** The outcome of a push for one service, and the deployments that led to it, oldest first. */
export const judgeService = (
  facts: ServiceFacts,
): { readonly outcome: ServiceOutcome; readonly deployments: readonly DeploymentFacts[] } => {
  const { cluster, found } = facts;
  const chain = chainOf(facts);
  const { state, reason, nextTryAt, ...rest } = judge(facts, chain.at(-1) ?? null);
  const detail = rest.detail ?? null;
  const deployment = rest.deployment ?? chain.at(-1)?.id ?? null;
  return {
    outcome: {
      cluster,
      service: found.service,
      state,
      reason,
      ...(detail === null ? {} : { detail }),
      ...(deployment === null ? {} : { deployment }),
      ...(nextTryAt === undefined ? {} : { nextTryAt }),
    },
    deployments: chain,
  };
};

/** Reasons of a skipped deployment that another deployment of the service replaces. */
const TAKEN_OVER: readonly (string | null)[] = [
  'no-longer-published',
  'already-current',
  'gate-closed',
];

/** The deployment of the push, then each one that replaced it: a newer one, or its retry. */
const chainOf = ({ found, deployments }: ServiceFacts): readonly DeploymentFacts[] => {
  const start = deployments.findIndex(({ id }) => id === found.deployment);
  if (start === -1) return [];
  const chain: DeploymentFacts[] = [];
  for (const next of deployments.slice(start)) {
    const last = chain.at(-1);
    if (last === undefined || takesPlaceOf(next, last)) chain.push(next);
  }
  return chain;
};

const takesPlaceOf = (next: DeploymentFacts, last: DeploymentFacts): boolean =>
  last.state === 'superseded' ||
  (last.state === 'skipped' && TAKEN_OVER.includes(last.reason)) ||
  ((last.state === 'failed' || last.state === 'rolled-back') && next.follows === last.id);

const judge = (facts: ServiceFacts, last: DeploymentFacts | null): Judged => {
  const { found } = facts;
  switch (found.verdict) {
    case 'excluded':
    case 'pinned':
      return { state: 'left', reason: found.reason ?? found.verdict, deployment: null };
    case 'held':
      return found.reason === 'frozen'
        ? { state: 'waiting', reason: 'frozen', detail: found.detail }
        : { state: 'failed', reason: found.reason, detail: last?.failure?.message ?? found.detail };
    case 'waiting':
      // Once the gate is open, the deployment is recorded with the found service.
      return last === null
        ? { state: 'waiting', reason: found.reason ?? 'gate', detail: found.detail }
        : ofDeployment(facts, last);
    case 'current':
    case 'diverged':
      return last === null ? ofConvergence(facts) : ofDeployment(facts, last);
    case 'obsolete':
    case 'updating':
    case 'unknown':
      if (last !== null) return ofDeployment(facts, last);
      if (facts.isAwaited)
        return { state: 'pending', reason: found.reason ?? found.verdict, detail: found.detail };
      if (found.reason === 'unpinned' && found.detail !== null) {
        return { state: 'failed', reason: 'unsupported-label', detail: found.detail };
      }
      return { state: 'unknown', reason: found.reason ?? found.verdict, detail: found.detail };
    default:
      return found.verdict satisfies never;
  }
};

/** No deployment decides: the service already ran the digest, or somebody else deployed it. */
const ofConvergence = ({ converged }: ServiceFacts): Judged => {
  switch (converged()) {
    case 'converged':
      return { state: 'succeeded', reason: 'already-current' };
    case 'removed':
      return { state: 'failed', reason: 'service-removed' };
    case 'not-converged':
    case 'unseen':
      return {
        state: 'pending',
        reason: 'not-converged',
        detail: 'its spec has the image, but not every task runs it yet',
      };
  }
};

const ofDeployment = (facts: ServiceFacts, last: DeploymentFacts): Judged => {
  if (isOpen(last.state)) return ofOpen(facts, last);
  const message = last.failure?.message ?? null;
  switch (last.state) {
    case 'succeeded':
      return { state: 'succeeded', reason: null };
    case 'failed':
      // The tasks may have recovered since, if nothing rolled the service back.
      return facts.found.verdict === 'current' && facts.converged() === 'converged'
        ? { state: 'succeeded', reason: 'already-current' }
        : { state: 'failed', reason: last.reason, detail: message };
    case 'rolled-back':
      return { state: 'failed', reason: last.reason, detail: message };
    case 'skipped':
      return ofSkipped(facts, last);
    case 'superseded':
    case 'queued':
    case 'updating':
    case 'verifying':
      // The deployment that replaced it does not exist, or no longer.
      return { state: 'unknown', reason: last.state };
    default:
      return last.state satisfies never;
  }
};

const ofOpen = ({ frozen, now }: ServiceFacts, last: DeploymentFacts): Judged => {
  const isAsked = last.cause === 'forced' || last.cause === 'taken-back';
  if (last.state === 'queued' && frozen !== null && !isAsked) {
    return { state: 'waiting', reason: 'frozen', detail: frozen };
  }
  if (last.runAt <= now) return { state: 'pending', reason: last.state };
  const nextTryAt = new Date(last.runAt).toISOString();
  return { state: 'pending', reason: last.follows === null ? last.state : 'retry', nextTryAt };
};

/** Reasons of a skipped deployment after which the push no longer concerns the service. */
const NOT_MEANT: readonly (string | null)[] = ['excluded', 'image-changed'];
/** Reasons after which the outcome is unknown. */
const NOT_KNOWN: readonly (string | null)[] = [
  'no-longer-published',
  'cluster-removed',
  'restored',
];

const ofSkipped = (facts: ServiceFacts, { reason }: DeploymentFacts): Judged => {
  if (reason === 'already-current') return ofConvergence(facts);
  if (reason === 'gate-closed') return { state: 'waiting', reason };
  if (NOT_MEANT.includes(reason)) return { state: 'left', reason };
  return { state: NOT_KNOWN.includes(reason) ? 'unknown' : 'failed', reason };
};
