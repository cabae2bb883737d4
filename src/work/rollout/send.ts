import { backoffMs } from '../../core/backoff.ts';
import { ClusterError, type UpdateAnswer } from '../../core/swarm/cluster.ts';
import { rolloutTimeout } from '../../core/rollout/deadline.ts';
import type { Digest } from '../../core/image/digest.ts';
import { newestTask } from '../../core/swarm/of-update.ts';
import { isRestore } from '../../core/rollout/carried-out.ts';
import { putOff } from '../../core/rollout/decide.ts';
import type { Intent } from '../../core/rollout/deployment.ts';
import type { FailureReason } from '../../core/rollout/failure-reason.ts';
import type { Left } from '../../core/rollout/good-image.ts';
import { endBack } from '../../core/rollout/move.ts';
import { type Observation, specDigest } from '../../core/swarm/service.ts';
import { addStepOnWay } from '../../store/deployments/deployments.ts';
import { raiseIntent, refuteIntent } from '../../store/deployments/intents.ts';
import { beginUpdate } from '../../store/rollout/begin-update.ts';
import { recordAccepted } from '../../store/rollout/record-progress.ts';
import { platformsFor } from '../lookups/platforms-for.ts';
import { tellLostFields } from './tell-lost-fields.ts';
import { end } from './end.ts';
import type { Run } from './run.ts';
import { restoreOnce, sendInTime } from './send-in-time.ts';
import { wait } from './wait.ts';

/** An update to send for a service that was just observed. */
export type Sending = Pick<Intent, 'phase' | 'target' | 'failed'> & {
  readonly on: Observation;
  readonly tag: string;
  /** The digest that the service had converged on before; null if unknown. */
  readonly settled: Digest | null;
  readonly left: Left | null;
  /** Why newer images than the target were passed over; empty if none was. */
  readonly note: string;
};

const AGAIN = { firstMs: 500, longestMs: 15_000 };
/** Some tools change their services all the time. After this many attempts at full speed, slow down. */
const QUICK_TRIES = 10;
/** A lease with too little time left is soon renewed, or lost. */
const NO_LEASE_MS = 1_000;

/**
 * Commits the intent, sends the update, and commits the result, in this order: a crash in between leaves enough to
 * find out what happened.
 */
export const send = async (run: Run, sending: Sending): Promise<void> => {
  const { deps, deployment, signal } = run;
  const { db, clock } = deps;
  const { id } = deployment;
  const { on, settled, left } = sending;
  if (!(await mayBegin(run))) return;
  const { service } = on;
  const intent = intentOf(run, sending);
  // No earlier send is in effect, so the time limit starts now.
  const deadlineAt = intent.at + rolloutTimeout(service);
  // The intent does not contain the platforms, so it is stored while they are read.
  const reading = platformsFor(deps, service, intent.target, signal);
  reading.catch(() => {});
  const registryAuth = service.image.ok
    ? await deps.registries.updateAuth(service.image.image, signal)
    : null;
  const begun = { deployment, intent, deadlineAt, service, settled, left };
  if (!(await beginUpdate(db, begun, clock.now()))) return;
  const platforms = await reading;
  // A newer push may have come meanwhile. Then only the intent exists, and nothing is sent.
  signal.throwIfAborted();
  const restart = deployment.cause === 'forced' && intent.phase === 'forward';
  const { tag } = sending;
  const update = { service, tag, digest: intent.target, platforms, restart, registryAuth };
  const isBack = isRestore(deployment, intent, deps.cluster.capabilities);
  let answered: { readonly answer: UpdateAnswer; readonly version: number } | null;
  try {
    answered = isBack ? await restoreOnce(run, service) : await sendInTime(run, update);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const problem = error.message;
    if (!error.mayHaveHappened) {
      return error.retryable ? later(run, intent, problem) : refused(run, sending, problem);
    }
    const unknown = withRefusal(intent, problem);
    await raiseIntent(db, id, error.gaveUp ? { ...unknown, gaveUpAt: clock.now() } : unknown);
    await addStepOnWay(db, id, { at: clock.now(), step: 'no-answer', detail: { problem } });
    return;
  }
  // Nothing was sent: another instance may do this work now.
  if (answered === null) return refuteIntent(db, id, knownUndone(intent));
  const { answer, version } = answered;
  switch (answer.kind) {
    case 'accepted':
      return accepted(run, { ...intent, version }, answer, version !== intent.version);
    case 'out-of-sequence':
      if (isBack) {
        const text = 'the service was changed in the meantime, so its previous spec is another one';
        return refused(run, sending, text, 'changed-by-other');
      }
      await addStepOnWay(db, id, { at: clock.now(), step: 'out-of-sequence', detail: { version } });
      return deployment.attempts < QUICK_TRIES
        ? refuteIntent(db, id, knownUndone(intent))
        : later(run, intent, 'the service changes too often to update it');
    case 'registry-failed':
      return refused(run, sending, answer.detail, 'registry-refused');
    default:
      return answer satisfies never;
  }
};

/**
 * Whether this instance may send. If not, the instance that then holds the lease observes the deployment's service
 * again.
 */
const mayBegin = async ({ deps, signal }: Run): Promise<boolean> => {
  const { lease, clock, cluster } = deps;
  // The engine guards every update with a version. Swarmpit does not: wait for what the previous holder may still
  // send.
  const restMs = cluster.capabilities.setsDigest ? 0 : lease.othersMayActMs();
  if (restMs > 0) {
    await clock.wait(restMs, signal);
    return false;
  }
  if (await lease.mayAct()) return true;
  await clock.wait(NO_LEASE_MS, signal);
  return false;
};

const intentOf = (
  { deps, deployment }: Run,
  { on, phase, tag, target, failed, note }: Sending,
): Intent => {
  const { version, forceUpdate } = on.service;
  const before = deployment.intent;
  const same = before?.phase === phase ? before : null;
  const refusals = same?.refusals;
  // If the cluster gave up on an update, it is sent once more. The intent records that.
  const isRepeat = same?.gaveUpAt !== undefined || same?.isRepeat === true;
  return {
    phase,
    tag,
    target,
    failed,
    version,
    forceUpdate,
    at: deps.clock.now(),
    newestTask: on.tasks === null ? null : newestTask(on.tasks),
    refuted: false,
    over: specDigest(on.service),
    ...(refusals === undefined ? {} : { refusals }),
    ...(isRepeat ? { isRepeat } : {}),
    ...(note === '' ? {} : { note }),
  };
};

/** The same intent, with one more send that got an error or no answer. */
const withRefusal = (intent: Intent, problem: string): Intent => {
  const { times = 0, firstAt = intent.at } = intent.refusals ?? {};
  return { ...intent, refusals: { times: times + 1, firstAt, problem } };
};

/** The cluster refused this send. An earlier one without an answer may still be carried out. */
const knownUndone = (intent: Intent): Intent =>
  intent.refusals === undefined ? { ...intent, answered: true } : intent;

const accepted = async (
  { deps, deployment }: Run,
  intent: Intent,
  { warnings, changes, lost }: Extract<UpdateAnswer, { kind: 'accepted' }>,
  isRaised: boolean,
): Promise<void> => {
  const { id, serviceName: service } = deployment;
  const { phase, target: digest } = intent;
  const detail = { digest, phase, ...(warnings.length === 0 ? {} : { warnings }) };
  // The step of the revert records what that takes.
  const ofSpec = phase === 'forward' ? changes : null;
  const sent = { id, raised: isRaised ? intent : null, detail, changes: ofSpec };
  const isOpen = await recordAccepted(deps.db, sent, deps.clock.now());
  if (lost !== undefined) await tellLostFields(deps, deployment, lost);
  if (isOpen) deps.log.info('update sent', { deployment: id, service, phase, digest });
};

/** Nothing was carried out. It may be sent again after a while. */
const later = async (run: Run, intent: Intent, problem: string): Promise<void> => {
  const { deps, deployment } = run;
  await refuteIntent(deps.db, deployment.id, knownUndone(intent));
  const attempt = Math.max(deployment.attempts - QUICK_TRIES, 0) + 1;
  const afterMs = backoffMs(AGAIN, attempt, deps.random());
  const move = putOff(deployment, problem, afterMs, deps.clock.now());
  if (move.kind === 'wait') await wait(run, move);
  else if (move.kind === 'end') await end(run, move);
};

const refused = (
  run: Run,
  { on, failed }: Sending,
  message: string,
  reason: FailureReason = 'refused',
): Promise<void> => end(run, endBack(on, failed, { reason, message, task: null }));
