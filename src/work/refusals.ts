import { backoffMs } from '../core/backoff.ts';
import { rolloutTimeout } from '../core/deadline.ts';
import type { Failed } from '../core/follow.ts';
import type { Service } from '../core/service.ts';
import { type Deployment, type Intent, type Refusals, waitFor } from '../store/deployments.ts';
import { fail } from './end-rollout.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/** An update that the cluster answers with an error is sent again after so long … */
const AGAIN = { firstMs: 1_000, longestMs: 60_000 };
/** … and so often at most, or until the first one would have had to be done. */
const MOST_REFUSALS = 10;

/** What the sends of the same phase before have come to. */
export const refusalsSoFar = (
  { intent }: Pick<Deployment, 'intent'>,
  phase: Intent['phase'],
): { readonly refusals?: Refusals } =>
  intent?.phase === phase && intent.refusals !== undefined ? { refusals: intent.refusals } : {};

export const withRefusal = (intent: Intent, problem: string): Intent => {
  const { times = 0, firstAt = intent.at } = intent.refusals ?? {};
  return { ...intent, refusals: { times: times + 1, firstAt, problem } };
};

/** Puts the next send off, longer with each that was refused. */
export const waitAfterRefusal = async (
  { clock, db, log, random }: RolloutDeps,
  { id }: Deployment,
  { refusals }: Intent,
): Promise<void> => {
  if (refusals === undefined) return;
  const { times, problem } = refusals;
  log.warn('update refused', { deployment: id, problem, times });
  await waitFor(db, id, clock.now(), backoffMs(AGAIN, times, random()));
};

/** Ends a deployment that the cluster has refused for too long; tells whether it has. */
export const isRefused = async (
  deps: RolloutDeps,
  deployment: Deployment,
  service: Service,
  signal: AbortSignal,
): Promise<boolean> => {
  const { intent } = deployment;
  const refusals = intent?.refusals;
  if (!intent?.refuted || refusals === undefined) return false;
  const lateAt = refusals.firstAt + rolloutTimeout(service);
  if (refusals.times < MOST_REFUSALS && deps.clock.now() < lateAt) return false;
  const refused: Failed = { reason: 'refused', message: refusals.problem, task: null };
  const detail = intent.failed === null ? {} : { takeBackFailed: refusals.problem };
  await fail(deps, deployment, 'failed', intent.failed ?? refused, service, detail, signal);
  return true;
};
