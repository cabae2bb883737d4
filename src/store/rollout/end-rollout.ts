import type { Digest } from '../../core/image/digest.ts';
import type { AtGates } from '../../core/policy/gates/at-gates.ts';
import type { Deployment } from '../../core/rollout/deployment.ts';
import { type FailureReason, mayPass } from '../../core/rollout/failure-reason.ts';
import { shows } from '../../core/rollout/carried-out.ts';
import type { End } from '../../core/rollout/move.ts';
import { presentTag, type Service, specDigest } from '../../core/swarm/service.ts';
import type { FailureView } from '../../core/contract/views.ts';
import { copyChecks } from '../deployments/copy-deployment.ts';
import { endDeployment, recordTarget } from '../deployments/deployments.ts';
import { findDisplaced, followOn } from '../deployments/follow-on.ts';
import { recordConverged, recordEarned } from '../holds/good-images.ts';
import { addHoldOnce, holdFailed } from '../holds/holds.ts';
import { waitAgain } from '../gates/wait-again.ts';
import type { Db, Query } from '../sqlite/open-store.ts';
import { recordProven } from '../holds/proven.ts';
import { type NewDeployment, queueDeployment } from '../deployments/queue-deployment.ts';
import { queueRetry } from '../deployments/retries.ts';
import { holdLeftAlso } from '../acts/roll-back-by-person.ts';
import { readTriggers } from '../deployments/triggers.ts';

/*
 * The ways in which a rollout ends. Each commits the end and all its consequences at once, and is fsynced when it
 * resolves: no end, hold or retry is announced that a crash could undo.
 */

/** A deployment, and its service as last seen; null if it was not seen. */
export type Ending = {
  readonly deployment: Deployment;
  readonly service: Service | null;
  /** Creates ids for rows that the end adds. */
  readonly newId: () => string;
};

type Succeeded = Omit<Extract<End, { state: 'succeeded' }>, 'state'> & {
  /** When to check whether the image is good, ms since the epoch. */
  readonly checkAt: number;
};

/** The update succeeded. If tasks run the digest, a later check decides whether it is one to go back to. */
export const endAsSucceeded = (
  db: Db,
  { deployment, service, newId }: Ending,
  { digest, isProven, left, checkAt }: Succeeded,
  now: number,
): Promise<void> =>
  db.transaction().execute(async (query) => {
    const { id, cluster, to, fromTag } = deployment;
    const present = service === null ? null : presentTag(service);
    if (to === null && digest !== null) await recordTarget(query, id, digest, present);
    if (service !== null && digest !== null) {
      const isNamed = specDigest(service) === digest;
      // Also if nothing runs: a later roll back is recognised by it.
      if (isProven || isNamed) await recordProven(query, { cluster, service }, digest, now);
      if (isProven && isNamed) {
        await recordConverged(query, { cluster, service }, { digest, checkAt }, now);
      }
    }
    if (service !== null && left !== null) {
      // The previous spec may differ in more than its image, so the digest is held for that spec too.
      const tag = present === fromTag ? null : fromTag;
      const hold = { id: newId(), cluster, service, digest: left, tag };
      await addHoldOnce(query, { ...hold, kind: 'left-by-person', deployment: null }, now);
      await holdLeftAlso(query, deployment, { service, newId }, now);
    }
    const desired = service?.replicas?.desired;
    await endDeployment(
      query,
      id,
      {
        state: 'succeeded',
        reason: null,
        failure: null,
        detail: {
          digest,
          desired,
        },
      },
      now,
    );
  });

type Failed = Omit<Exclude<End, { state: 'succeeded' }>, 'failed'> & {
  readonly reason: FailureReason;
  readonly failure: FailureView;
};

/** The update failed. Its digest is held, or retried later, if the reason calls for it. */
export const endAsFailed = (
  db: Db,
  { deployment, service, newId }: Ending,
  { state, reason, failure, detail }: Failed,
  now: number,
): Promise<void> =>
  db.transaction().execute(async (query) => {
    const open = await endDeployment(query, deployment.id, { state, reason, failure, detail }, now);
    if (!open) return;
    if (service !== null) {
      await holdFailed(query, newId(), { deployment, service, reason }, now);
    }
    const { rolledBackTo, by, proven } = detail;
    if (service !== null && by === 'engine' && proven === true && rolledBackTo !== null) {
      const { cluster } = deployment;
      await recordEarned(query, { cluster, service }, rolledBackTo as Digest, now);
    }
    // Only if the service is unchanged, because it went back or was never updated. Otherwise it already has the new
    // digest.
    const wasLeftAlone = reason === 'image-unavailable' && deployment.intent === null;
    if ((state === 'rolled-back' || wasLeftAlone) && mayPass(reason)) {
      await queueRetry(query, deployment, newId(), now);
    }
    if (state === 'failed' && service !== null && changedNothing(deployment, reason)) {
      await followDisplaced(query, { deployment, service, newId }, now);
    }
  });

/** Whether the failure happened before the deployment changed the service. */
const changedNothing = ({ state, intent }: Deployment, reason: FailureReason): boolean =>
  state !== 'verifying' && intent?.phase !== 'back' && reason !== 'outcome-unknown';

/** Why a deployment did nothing, and the gates at which its image waits again. */
export type Skipped = { readonly reason: string; readonly waitsAt?: AtGates };

/** The deployment did nothing. Returns the deployment whose update is followed instead, or null. */
export const endAsSkipped = (
  db: Db,
  { deployment, service, newId }: Ending,
  { reason, waitsAt }: Skipped,
  now: number,
): Promise<Deployment | null> =>
  db.transaction().execute(async (query) => {
    const end = { state: 'skipped', reason, failure: null } as const;
    const open = await endDeployment(query, deployment.id, end, now);
    if (!open || service === null) return null;
    if (waitsAt !== undefined)
      await waitAgain(query, deployment, { service, at: waitsAt, newId }, now);
    return followDisplaced(query, { deployment, service, newId }, now);
  });

/**
 * If the service has the update of a deployment that this one displaced, that update is followed again. Otherwise its
 * outcome would stay unknown. Returns the deployment whose update that is, or null.
 */
const followDisplaced = async (
  query: Query,
  { deployment, service, newId }: Ending & { readonly service: Service },
  now: number,
): Promise<Deployment | null> => {
  const displaced = await findUnfollowed(query, deployment, service);
  if (displaced !== null) await followOn(query, displaced, newId(), now);
  return displaced;
};

/**
 * The deployment whose update the service has and that is no longer followed because this one displaced it; null if
 * there is none. An update that got no answer and never arrived left the service to the deployment before it, and so
 * did one that the engine rolled back.
 */
const findUnfollowed = async (
  query: Query,
  deployment: Deployment,
  service: Service,
): Promise<Deployment | null> => {
  let displaced = await findDisplaced(query, deployment);
  while (displaced !== null && !hasItsUpdate(service, displaced)) {
    if (!isEnginesWay(service) && !hasNotArrived(service, displaced)) return null;
    displaced = await findDisplaced(query, displaced);
  }
  return displaced;
};

/** Whether the service still has the digest that the deployment's last update should have replaced. */
const hasNotArrived = (service: Service, { intent, from, to }: Deployment): boolean => {
  const left = intent?.phase === 'back' ? to : from;
  return intent !== null && left !== null && left !== intent.target && specDigest(service) === left;
};

/** The engine decided which image the service has: it rolled a failed update back. */
const isEnginesWay = ({ update }: Service): boolean => update?.rolledBackBy === 'engine';

/**
 * Whether the service has what a forward update deployed, or has it again because the engine rolled back a later one.
 * This includes an update whose revert never arrived. A finished revert led to a good image already.
 */
const hasItsUpdate = (service: Service, displaced: Deployment): boolean => {
  const { intent } = displaced;
  if (intent === null || intent.target === null) return false;
  if (intent.phase === 'back') return hasNotArrived(service, displaced);
  const isBack = isEnginesWay(service) && specDigest(service) === intent.target;
  return isBack || shows(displaced, intent, service);
};

export type Replacement = {
  readonly id: string;
  readonly service: Service;
  readonly image: NewDeployment['image'];
  readonly to: Digest;
};

/** Another deployment replaces one whose decision no longer holds. Returns the id of the new deployment. */
export const replaceDeployment = (
  db: Db,
  { id, cluster, cause }: Deployment,
  instead: Replacement,
  now: number,
): Promise<string> =>
  db.transaction().execute(async (query) => {
    const triggers = await readTriggers(query, id);
    const from = specDigest(instead.service);
    const queued = await queueDeployment(
      query,
      { ...instead, cluster, from, cause, triggers },
      now,
    );
    await copyChecks(query, id, queued.id);
    return queued.id;
  });
