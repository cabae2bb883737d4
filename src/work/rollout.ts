import type { Digest } from '../core/digest.ts';
import type { Failed } from '../core/follow.ts';
import { type Service, specDigest } from '../core/service.ts';
import { settledDigest } from '../core/settled.ts';
import {
  addStepOnWay,
  type Deployment,
  findDeployment,
  type Intent,
  recordTarget,
  waitFor,
} from '../store/deployments.ts';
import { recordSent, refuteIntent } from '../store/intents.ts';
import { readFreezes } from '../store/freezes.ts';
import { addHoldOnce, readHolds } from '../store/holds.ts';
import { recordProven } from '../store/proven.ts';
import { relaxed } from '../store/relaxed.ts';
import { advanceUpdate } from './advance-update.ts';
import { fail, failBack, skip, succeed } from './end-rollout.ts';
import { isTakenBack, isTheirs, shows, showsPrevious } from './carried-out.ts';
import { followRollout } from './follow-rollout.ts';
import { keepBuildFacts } from './keep-build-facts.ts';
import { observe, putOff } from './put-off.ts';
import { decide } from './reason-to-skip.ts';
import { decideAnew } from './decide-anew.ts';
import { isRefused, waitAfterRefusal } from './refusals.ts';
import type { RolloutDeps } from './rollout-deps.ts';
import { isRestore } from './send-update.ts';
import { conclude, engineCouldNotRollBack, engineRolledBack, takeBack } from './take-back.ts';

/**
 * How long after the intent a cluster that chooses the digest itself may take to show that it did: Swarmpit
 * needs up to 90 s for a redeploy, and it must still be looked for when our own wait has ended.
 */
const HAND_OVER_MS = 120_000;
/** A deployment that a freeze stopped is looked at again this much later; asking is free. */
const FROZEN_AGAIN_MS = 15_000;
/** After it gave up on an update by itself, Docker may still carry that out for so long. */
const QUIET_MS = 60_000;
const LOOK_AGAIN_MS = 1_000;

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

/** Decides on the service as it is now, and sends the update. */
const begin = async (
  deps: RolloutDeps,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<void> => {
  // One that was put off waits out a freeze without the cluster, which may be away meanwhile.
  const isKept = deployment.intent === null && deployment.runAt > deployment.queuedAt;
  if (isKept && (await isFrozen(deps, deployment, asQueued(deployment)))) return;
  const seen = await observe(deps, deployment, signal);
  if (seen === 'later') return;
  if (seen === 'removed') return skip(deps, deployment, 'service-removed', null);
  const before = deployment.intent;
  if (
    before !== null &&
    deps.cluster.capabilities.setsDigest &&
    (shows(deployment, before, seen.service) || isTakenBack(deployment, before, seen))
  ) {
    // It was carried out after all, later than it was looked for: it is ours to follow.
    return keepSent(deps, deployment, before);
  }
  if (before?.phase === 'back' && before.failed !== null) {
    if (await isRefused(deps, deployment, seen.service, signal)) return;
    if (isTheirs(deployment, before, seen.service)) {
      const detail = { notTakenBack: 'somebody else gave the service another image' };
      return fail(deps, deployment, 'failed', before.failed, seen.service, detail, signal);
    }
    return takeBack(deps, deployment, before.failed, seen, signal);
  }
  if (await isFrozen(deps, deployment, seen.service)) return;
  if (await isRefused(deps, deployment, seen.service, signal)) return;
  const decision = await decide(deps, deployment, seen.service, signal);
  if (decision.kind === 'skip') return skip(deps, deployment, decision.reason, seen.service);
  if (decision.kind === 'later')
    return putOff(deps, deployment, decision.problem, decision.afterMs);
  if (decision.kind === 'decide-anew')
    return decideAnew(deps, deployment, seen.service, decision.to);
  const now = deps.clock.now();
  const settled = settledDigest(seen, now);
  // What is held stands well only for a while: it is nothing to come back to.
  if (
    settled !== null &&
    (await readHolds(deps.db, deployment.cluster))(seen.service, settled) === null
  ) {
    // The intent that follows takes it to the disk.
    await relaxed(deps.db, (query) =>
      recordProven(query, deployment.cluster, seen.service, settled, now),
    );
  }
  await advanceUpdate(
    deps,
    deployment,
    seen,
    { phase: 'forward', target: deployment.to, failed: null },
    signal,
  );
};

type Frozen = Pick<Service, 'id' | 'name' | 'stack'>;

const asQueued = ({ serviceId, serviceName, stack }: Deployment): Frozen => ({
  id: serviceId,
  name: serviceName,
  stack,
});

/**
 * Whether a freeze that came after the deployment was queued keeps it; then it is put off, however long
 * that is: what a freeze keeps is never given up. What a person asked for is not stopped by it.
 */
const isFrozen = async (
  deps: RolloutDeps,
  deployment: Deployment,
  service: Frozen,
): Promise<boolean> => {
  if (deployment.cause === 'forced' || deployment.cause === 'taken-back') return false;
  const now = deps.clock.now();
  const freeze = (await readFreezes(deps.db, deployment.cluster, now))(service);
  if (freeze?.kind !== 'frozen') return false;
  const problem = `frozen: ${freeze.reason}`;
  deps.log.debug('deployment waits', { deployment: deployment.id, problem });
  await waitFor(deps.db, deployment.id, now, FROZEN_AGAIN_MS);
  return true;
};

/** An update of which no answer came has been seen to be carried out. */
const keepSent = async (
  deps: RolloutDeps,
  deployment: Deployment,
  intent: Intent,
): Promise<void> => {
  const detail = { digest: intent.target, phase: intent.phase, recovered: true };
  await recordSent(deps.db, deployment.id, deps.clock.now(), detail);
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
  if (seen === 'removed') return skip(deps, deployment, 'service-removed', null);
  const { service } = seen;
  const now = deps.clock.now();
  const isDone = deps.cluster.capabilities.setsDigest
    ? shows(deployment, intent, service) || isTakenBack(deployment, intent, seen)
    : isRestore(deps, deployment, intent)
      ? showsPrevious(deployment, intent, service)
      : service.forceUpdate > intent.forceUpdate;
  if (isDone) return keepSent(deps, deployment, intent);
  // The version guards it: where it is carried out after all, the second one is out of sequence.
  if (deps.cluster.capabilities.setsDigest) {
    await refuteIntent(deps.db, deployment.id, intent);
    return waitAfterRefusal(deps, deployment, intent);
  }
  const { gaveUpAt } = intent;
  const isQuiet = gaveUpAt !== undefined && now - gaveUpAt >= QUIET_MS;
  if (isQuiet && mayRepeat(intent, service)) {
    await addStepOnWay(deps.db, deployment.id, now, 'repeating', {});
    return refuteIntent(deps.db, deployment.id, intent);
  }
  if (now - intent.at < HAND_OVER_MS || (gaveUpAt !== undefined && !isQuiet)) {
    await deps.clock.wait(LOOK_AGAIN_MS, signal);
    return;
  }
  const message =
    'no answer came from the cluster and the service does not show it; it is not repeated';
  const failed: Failed = { reason: 'outcome-unknown', message, task: null };
  await failBack(deps, deployment, intent.failed, failed, service, signal);
};

/** Whether nothing at all has happened to the service since, and the update was sent only once. */
const mayRepeat = (intent: Intent, { version, forceUpdate }: Service): boolean =>
  intent.isRepeat !== true && version === intent.version && forceUpdate === intent.forceUpdate;

/**
 * What a person went back from is held for the spec as it was. The one before it may differ in more than
 * its image, so that it is held for that one too.
 */
const holdWhatWasLeft = async (
  deps: RolloutDeps,
  { cluster, from }: Deployment,
  service: Service,
  runs: Digest | null,
): Promise<void> => {
  if (from === null || from === runs) return;
  const hold = { id: deps.newId(), cluster, service, digest: from, deployment: null };
  await deps.db
    .transaction()
    .execute((query) => addHoldOnce(query, { ...hold, kind: 'left-by-person' }, deps.clock.now()));
};

const followToEnd = async (
  deps: RolloutDeps,
  deployment: Deployment,
  intent: Intent,
  signal: AbortSignal,
): Promise<void> => {
  const deadlineAt = deployment.deadlineAt ?? deps.clock.now();
  const [end] = await Promise.all([
    followRollout(deps, deployment, intent, deadlineAt, signal),
    keepBuildFacts(deps, deployment, signal),
  ]);
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
      // A cluster that looks the digest up by itself may have pinned one platform of it.
      const runs = specDigest(seen.service) ?? intent.target;
      if (intent.failed !== null) {
        const detail = { takenBackTo: intent.target, by: 'helper' };
        return fail(deps, deployment, 'rolled-back', intent.failed, seen.service, detail, signal);
      }
      if (deployment.to === null && runs !== null) await recordTarget(deps.db, deployment.id, runs);
      if (isRestore(deps, deployment, intent))
        await holdWhatWasLeft(deps, deployment, seen.service, runs);
      return succeed(deps, deployment, seen.service, runs, status.running > 0);
    }
    case 'rolled-back':
      return engineRolledBack(deps, deployment, intent, status, seen, signal);
    case 'failed':
      if (status.reason === 'left-by-person' && intent.failed === null) {
        const detail = { rolledBackTo: specDigest(seen.service), by: 'person' };
        return fail(deps, deployment, 'rolled-back', status, seen.service, detail, signal);
      }
      return status.reason === 'rollback-paused'
        ? engineCouldNotRollBack(deps, deployment, intent, status, seen, signal)
        : conclude(deps, deployment, intent, status, seen, signal);
    default:
      return status satisfies never;
  }
};
