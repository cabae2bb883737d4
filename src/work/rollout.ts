import { ClusterError } from '../core/cluster.ts';
import { rolloutTimeout } from '../core/deadline.ts';
import type { Digest } from '../core/digest.ts';
import { type Failed, leavesService } from '../core/follow.ts';
import { imageName } from '../core/image-reference.ts';
import { mayTakeBack } from '../core/labels.ts';
import type { Observation, Service } from '../core/service.ts';
import { settledDigest } from '../core/settled.ts';
import {
  addStep,
  type Deployment,
  findDeployment,
  type Intent,
  postpone,
  recordSent,
  recordTarget,
  refuteIntent,
} from '../store/deployments.ts';
import { readHolds } from '../store/holds.ts';
import { readProven, recordProven } from '../store/proven.ts';
import { fail, skip, succeed } from './end-rollout.ts';
import { followRollout } from './follow-rollout.ts';
import type { RolloutDeps } from './rollout-deps.ts';
import { sendUpdate } from './send-update.ts';

/** After this long without the cluster a deployment that was never sent is given up. */
const NEVER_SENT_MS = 24 * 3_600_000;
/** How long a cluster that chooses the digest itself may take to show that it did. */
const HAND_OVER_MS = 60_000;
const LOOK_AGAIN_MS = 1_000;
const OBSERVE_TIMEOUT_MS = 15_000;
const SEND_TIMEOUT_MS = 60_000;

/**
 * Takes one deployment a step further, from whatever the store says of it, until it ends or has to
 * wait; the same way after a restart as before. Throws the signal's reason when it is aborted, leaving
 * what the next start needs.
 */
export const carryOut = async (
  deps: RolloutDeps,
  id: string,
  signal: AbortSignal,
): Promise<void> => {
  for (;;) {
    const deployment = await findDeployment(deps.db, id);
    if (deployment === null || deployment.endedAt !== null || deployment.runAt > deps.clock.now())
      return;
    const { intent, state } = deployment;
    if (intent !== null && state === 'verifying')
      await followToEnd(deps, deployment, intent, signal);
    else if (intent !== null && !intent.refuted) await recover(deps, deployment, intent, signal);
    else await begin(deps, deployment, signal);
  }
};

/** Observes the service; on trouble with the cluster puts the deployment off and answers `later`. */
const observe = async (
  deps: RolloutDeps,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<Observation | 'removed' | 'later'> => {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(OBSERVE_TIMEOUT_MS)]);
  try {
    return (await deps.cluster.observe(deployment.serviceId, limited)) ?? 'removed';
  } catch (error) {
    if (signal.aborted) throw error;
    if (!(error instanceof ClusterError) && !limited.aborted) throw error;
    const problem = error instanceof ClusterError ? error.message : 'no answer in time';
    await putOff(deps, deployment, problem, 2_000 + deps.random() * 8_000);
    return 'later';
  }
};

const putOff = async (
  deps: RolloutDeps,
  deployment: Deployment,
  problem: string,
  afterMs: number,
): Promise<void> => {
  const now = deps.clock.now();
  if (now - deployment.queuedAt > NEVER_SENT_MS) {
    const failed: Failed = { reason: 'deadline', message: problem, task: null };
    await fail(deps, deployment, 'failed', failed, null, {}, AbortSignal.abort());
    return;
  }
  deps.log.warn('deployment put off', { deployment: deployment.id, problem });
  await postpone(deps.db, deployment.id, now + afterMs);
};

/** Decides on the service as it is now, and sends the update. */
const begin = async (
  deps: RolloutDeps,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<void> => {
  const seen = await observe(deps, deployment, signal);
  if (seen === 'later') return;
  if (seen === 'removed') return skip(deps, deployment, 'service-removed');
  const before = deployment.intent;
  if (before?.phase === 'back' && before.failed !== null) {
    return takeBack(deps, deployment, before.failed, seen, signal);
  }
  const reason = await reasonToSkip(deps, deployment, seen.service);
  if (reason !== null) return skip(deps, deployment, reason);
  const now = deps.clock.now();
  const settled = settledDigest(seen, now);
  if (settled !== null) await recordProven(deps.db, deployment.cluster, seen.service, settled, now);
  await send(
    deps,
    deployment,
    seen.service,
    { phase: 'forward', target: deployment.to, failed: null },
    signal,
  );
};

const reasonToSkip = async (
  deps: RolloutDeps,
  deployment: Deployment,
  service: Service,
): Promise<string | null> => {
  if (!service.image.ok) return 'image-changed';
  const { image } = service.image;
  if (imageName(image) !== deployment.name || image.tag !== deployment.tag) return 'image-changed';
  if (service.labels['cd-helper.enabled'] === 'false') return 'excluded';
  if (deployment.cause === 'forced' || deployment.to === null) return null;
  if (image.digest === deployment.to) return 'already-current';
  if (deployment.cause === 'taken-back') return null;
  const hold = (await readHolds(deps.db, deployment.cluster))(service, deployment.to);
  return hold === null ? null : 'held';
};

const send = async (
  deps: RolloutDeps,
  deployment: Deployment,
  service: Service,
  what: Pick<Intent, 'phase' | 'target' | 'failed'>,
  signal: AbortSignal,
): Promise<void> => {
  const at = deps.clock.now();
  const { version, forceUpdate } = service;
  const intent: Intent = { ...what, version, forceUpdate, at, refuted: false };
  const isFirst = deployment.deadlineAt === null || deployment.intent?.phase !== what.phase;
  const deadlineAt = isFirst ? at + rolloutTimeout(service) : (deployment.deadlineAt ?? at);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]);
  const sent = await sendUpdate(deps, deployment, service, intent, deadlineAt, limited);
  switch (sent.kind) {
    case 'sent':
      deps.log.info('update sent', {
        deployment: deployment.id,
        service: deployment.serviceName,
        phase: what.phase,
        digest: what.target,
      });
      return;
    case 'ended':
      return;
    case 'decide-again':
      return refuteIntent(deps.db, deployment.id, intent);
    case 'later':
      await refuteIntent(deps.db, deployment.id, intent);
      return putOff(deps, deployment, sent.problem, sent.afterMs);
    case 'ambiguous':
      await addStep(deps.db, deployment.id, deps.clock.now(), 'no-answer', {
        problem: sent.problem,
      });
      return;
    case 'refused': {
      const reason = deps.cluster.capabilities.setsDigest ? 'refused' : 'registry-refused';
      const failed: Failed = { reason, message: sent.problem, task: null };
      return fail(deps, deployment, 'failed', failed, service, {}, signal);
    }
    default:
      return sent satisfies never;
  }
};

/** Tells from the service whether an update whose outcome is not on disk was carried out. */
const recover = async (
  deps: RolloutDeps,
  deployment: Deployment,
  intent: Intent,
  signal: AbortSignal,
): Promise<void> => {
  const seen = await observe(deps, deployment, signal);
  if (seen === 'later') return;
  if (seen === 'removed') return skip(deps, deployment, 'service-removed');
  const { service } = seen;
  const now = deps.clock.now();
  const digest = service.image.ok ? service.image.image.digest : null;
  // A forced restart and a cluster that chooses the digest show in the counter, any other in the digest.
  const isCounted = !deps.cluster.capabilities.setsDigest || deployment.cause === 'forced';
  const isDone = isCounted
    ? service.forceUpdate > intent.forceUpdate
    : service.version > intent.version && digest === intent.target;
  if (isDone) {
    await recordSent(deps.db, deployment.id, now, {
      digest: intent.target,
      phase: intent.phase,
      recovered: true,
    });
    return;
  }
  // The version guards it: where it is carried out after all, the second one is out of sequence.
  if (deps.cluster.capabilities.setsDigest) return refuteIntent(deps.db, deployment.id, intent);
  if (now - intent.at < HAND_OVER_MS) {
    await deps.clock.wait(LOOK_AGAIN_MS, signal);
    return;
  }
  const message =
    'no answer came to the redeploy and the service does not show it; it is not repeated';
  const failed: Failed = { reason: 'outcome-unknown', message, task: null };
  await fail(deps, deployment, 'failed', failed, service, {}, signal);
};

const followToEnd = async (
  deps: RolloutDeps,
  deployment: Deployment,
  intent: Intent,
  signal: AbortSignal,
): Promise<void> => {
  const deadlineAt = deployment.deadlineAt ?? deps.clock.now();
  const end = await followRollout(deps, deployment, intent, deadlineAt, signal);
  if (end.kind === 'ended') return;
  if (end.kind === 'removed') {
    const message = 'the service was removed while it was updated';
    return conclude(
      deps,
      deployment,
      intent,
      { reason: 'service-removed', message, task: null },
      null,
      signal,
    );
  }
  if (end.kind === 'late') {
    const trouble = end.status?.kind === 'under-way' ? end.status.trouble : null;
    const message = trouble?.message ?? 'the update did not end before its deadline';
    const failed: Failed = { reason: trouble?.reason ?? 'deadline', message, task: trouble };
    return conclude(deps, deployment, intent, failed, end.seen, signal);
  }
  const { status, seen } = end;
  switch (status.kind) {
    case 'converged': {
      const runs =
        intent.target ?? (seen.service.image.ok ? seen.service.image.image.digest : null);
      if (intent.failed !== null) {
        const detail = { takenBackTo: intent.target };
        return fail(deps, deployment, 'rolled-back', intent.failed, seen.service, detail, signal);
      }
      if (deployment.to === null && runs !== null) await recordTarget(deps.db, deployment.id, runs);
      return succeed(deps, deployment, seen.service, runs);
    }
    case 'rolled-back':
      return engineRolledBack(deps, deployment, intent, status, seen, signal);
    case 'failed':
      return conclude(deps, deployment, intent, status, seen, signal);
    default:
      return status satisfies never;
  }
};

/** The engine took the update back: well where it went to what is proven, else we do better. */
const engineRolledBack = async (
  deps: RolloutDeps,
  deployment: Deployment,
  intent: Intent,
  status: { readonly message: string; readonly task: Failed['task']; readonly runs: Digest | null },
  seen: Observation,
  signal: AbortSignal,
): Promise<void> => {
  const failed: Failed = {
    reason: status.task?.reason ?? 'task-failed',
    message: status.message,
    task: status.task,
  };
  const proven = (await readProven(deps.db, deployment.cluster)).get(deployment.serviceId);
  const isWell = proven === undefined || status.runs === proven.digest;
  if (!isWell) return conclude(deps, deployment, intent, failed, seen, signal);
  const detail = { rolledBackTo: status.runs, by: 'engine', proven: proven !== undefined };
  return fail(deps, deployment, 'rolled-back', failed, seen.service, detail, signal);
};

/** Ends a failed update, after taking the service back to its proven digest where that may be done. */
const conclude = async (
  deps: RolloutDeps,
  deployment: Deployment,
  intent: Intent,
  failed: Failed,
  seen: Observation | null,
  signal: AbortSignal,
): Promise<void> => {
  if (intent.failed !== null) {
    const detail = { takeBackFailed: failed.message };
    return fail(deps, deployment, 'failed', intent.failed, seen?.service ?? null, detail, signal);
  }
  if (seen === null) return fail(deps, deployment, 'failed', failed, null, {}, signal);
  return takeBack(deps, deployment, failed, seen, signal);
};

const takeBack = async (
  deps: RolloutDeps,
  deployment: Deployment,
  failed: Failed,
  seen: Observation,
  signal: AbortSignal,
): Promise<void> => {
  const proven = (await readProven(deps.db, deployment.cluster)).get(deployment.serviceId);
  const present = seen.service.image.ok ? seen.service.image.image.digest : null;
  const why = leavesService(failed.reason)
    ? 'the service is left as it is'
    : !deps.cluster.capabilities.setsDigest
      ? 'this cluster cannot be told a digest'
      : !mayTakeBack(seen.service)
        ? 'the label cd-helper.rollback is off'
        : proven === undefined
          ? 'no digest is proven for this service'
          : proven.digest === deployment.to && present === deployment.to
            ? 'it runs the proven digest'
            : null;
  if (why !== null || proven === undefined) {
    return fail(deps, deployment, 'failed', failed, seen.service, { notTakenBack: why }, signal);
  }
  await addStep(deps.db, deployment.id, deps.clock.now(), 'taking-back', {
    to: proven.digest,
    reason: failed.reason,
    message: failed.message,
  });
  await send(
    deps,
    deployment,
    seen.service,
    { phase: 'back', target: proven.digest, failed },
    signal,
  );
};
