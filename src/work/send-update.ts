import { backoffMs } from '../core/backoff.ts';
import { ClusterError, type ImageUpdate, type UpdateAnswer } from '../core/cluster.ts';
import type { FailureReason } from '../core/rollout/failure-reason.ts';
import type { Service } from '../core/service.ts';
import {
  addStepOnWay,
  type Deployment,
  type Intent,
  findDeployment,
} from '../store/deployments.ts';
import { raiseIntent, recordIntent, recordSent } from '../store/intents.ts';
import { relaxed } from '../store/relaxed.ts';
import { platformsFor } from './platforms-for.ts';
import type { RolloutDeps } from './rollout-deps.ts';
import { tellLostFields } from './tell-lost-fields.ts';

export type Sent =
  | { readonly kind: 'sent' }
  /** The service changed since it was read: read again and decide again. */
  | { readonly kind: 'decide-again' }
  /** The deployment was ended by somebody else before anything was sent. */
  | { readonly kind: 'ended' }
  /** No answer came; whether it was carried out must be seen. */
  | {
      readonly kind: 'ambiguous';
      readonly problem: string;
      /** The cluster gave up on it by itself. */
      readonly gaveUp: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: FailureReason; readonly problem: string }
  /** Nothing was carried out, and it may be tried again after this many ms. */
  | { readonly kind: 'later'; readonly problem: string; readonly afterMs: number };

const AGAIN = { firstMs: 500, longestMs: 15_000 };
/** Some engines update their services all the time; after this many tries at full speed we step back. */
const QUICK_TRIES = 10;
/** And with each of these decisions so many are sent as fast as it goes. */
const TRIES_IN_TIME = 10;
/** Longer than any cluster's own deadline for an update, which tells better what happened. */
const SEND_TIMEOUT_MS = 100_000;

/**
 * Commits the intent, sends the update, and commits that it was taken: in this order, so that a crash
 * between any two leaves enough to tell what happened.
 */
export const sendUpdate = async (
  deps: RolloutDeps,
  deployment: Deployment,
  service: Service,
  intent: Intent,
  deadlineAt: number,
  signal: AbortSignal,
): Promise<Sent> => {
  const { clock, db } = deps;
  // The intent does not name them, so that it goes to the disk while they are read.
  const reading = platformsFor(deps, service, intent.target, signal);
  reading.catch(() => {});
  const registryAuth = service.image.ok
    ? await deps.registries.updateAuth(service.image.image, signal)
    : null;
  if (!(await recordIntent(db, deployment.id, intent, deadlineAt))) return { kind: 'ended' };
  const platforms = await reading;
  // A newer push may have come meanwhile: then what was only intended is not sent.
  signal.throwIfAborted();
  let answer: UpdateAnswer;
  let version: number;
  try {
    const digest = intent.target;
    const restart = deployment.cause === 'forced' && intent.phase === 'forward';
    const update = { service, digest, platforms, restart, registryAuth };
    ({ answer, version } = isRestore(deps, deployment, intent)
      ? await restoreOnce(deps, service)
      : await sendInTime(deps, deployment.id, update, signal));
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    if (error.mayHaveHappened) {
      return { kind: 'ambiguous', problem: error.message, gaveUp: error.gaveUp };
    }
    return error.retryable
      ? later(deps, deployment, error.message)
      : { kind: 'refused', reason: 'refused', problem: error.message };
  }
  switch (answer.kind) {
    case 'accepted': {
      const detail = { digest: intent.target, phase: intent.phase, ...warned(answer.warnings) };
      // What it takes to come back is told by the step.
      const changes = intent.phase === 'forward' ? answer.changes : null;
      const at = clock.now();
      // Where it is lost, the service itself tells that it was done.
      const open = await relaxed(db, async (query) => {
        if (version !== intent.version) {
          await raiseIntent(query, deployment.id, { ...intent, version });
        }
        return recordSent(query, deployment.id, at, detail, changes);
      });
      if (answer.lost !== undefined) await tellLostFields(deps, deployment, answer.lost);
      return { kind: open ? 'sent' : 'ended' };
    }
    case 'out-of-sequence':
      if (isRestore(deps, deployment, intent)) {
        const problem = 'the service was changed meanwhile, and what was before it is another spec';
        return { kind: 'refused', reason: 'changed-by-other', problem };
      }
      await addStepOnWay(db, deployment.id, clock.now(), 'out-of-sequence', {
        version,
      });
      return deployment.attempts < QUICK_TRIES
        ? { kind: 'decide-again' }
        : later(deps, deployment, 'the service is being changed all the time');
    case 'registry-failed':
      return { kind: 'refused', reason: 'registry-refused', problem: answer.detail };
    default:
      return answer satisfies never;
  }
};

/**
 * Whether an intent goes back, because a person asked for it or after a failure, on a cluster that does so by the
 * spec before the present one.
 */
export const isRestore = (
  { cluster }: Pick<RolloutDeps, 'cluster'>,
  { cause }: Pick<Deployment, 'cause'>,
  { phase }: Pick<Intent, 'phase'>,
): boolean =>
  (cause === 'taken-back' || phase === 'back') &&
  cluster.capabilities.goesBackTo === 'previous-spec';

/** Sent once: after any change by somebody else another spec would be the one before. */
const restoreOnce = async (
  { cluster }: RolloutDeps,
  service: Service,
): Promise<{ readonly answer: UpdateAnswer; readonly version: number }> => {
  const { restorePrevious } = cluster;
  if (restorePrevious === undefined) throw new Error(`cluster ${cluster.name} cannot go back`);
  const answer = await restorePrevious(service, AbortSignal.timeout(SEND_TIMEOUT_MS));
  return { answer, version: service.version };
};

/**
 * Sends the update, and where somebody else was faster, again on what the service is then, without a
 * pause between reading and sending: that is how one gets a word in with a service that is changed all
 * the time. It stops where what the decision rests on has changed. The intent on disk stays true
 * meanwhile, because its version is older than the one that is replaced, and its counter is the same.
 */
const sendInTime = async (
  { cluster, db }: RolloutDeps,
  id: string,
  update: ImageUpdate,
  signal: AbortSignal,
): Promise<{ readonly answer: UpdateAnswer; readonly version: number }> => {
  let { service } = update;
  for (let tries = 1; ; tries += 1) {
    // Neither a stop nor a newer push cuts an update off half-way: its answer is worth waiting for.
    const limit = AbortSignal.timeout(SEND_TIMEOUT_MS);
    const answer = await cluster.updateImage({ ...update, service }, limit);
    const { version } = service;
    const isOver = answer.kind !== 'out-of-sequence' || tries >= TRIES_IN_TIME || signal.aborted;
    if (isOver || (await findDeployment(db, id))?.endedAt !== null) return { answer, version };
    const seen = await cluster.observe(service.id, limit);
    if (seen === null || !isDecidedAlike(service, seen.service)) return { answer, version };
    ({ service } = seen);
  }
};

/** Whether nothing of what a decision to update rests on differs, but only what others look after. */
const isDecidedAlike = (before: Service, now: Service): boolean =>
  now.imageText === before.imageText &&
  now.forceUpdate === before.forceUpdate &&
  now.update?.state === before.update?.state &&
  ownLabels(now) === ownLabels(before);

const ownLabels = ({ labels }: Service): string =>
  JSON.stringify(Object.entries(labels).filter(([name]) => name.startsWith('cd-helper.')));

const warned = (warnings: readonly string[]): { warnings?: readonly string[] } =>
  warnings.length === 0 ? {} : { warnings };

const later = (deps: RolloutDeps, deployment: Deployment, problem: string): Sent => {
  const attempt = Math.max(deployment.attempts - QUICK_TRIES, 0) + 1;
  return { kind: 'later', problem, afterMs: backoffMs(AGAIN, attempt, deps.random()) };
};
