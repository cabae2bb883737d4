import type { Digest } from '../../core/digest.ts';
import { shows } from '../../core/rollout/carried-out.ts';
import type { Deployment } from '../../core/rollout/deployment.ts';
import type { Move, Seen } from '../../core/rollout/move.ts';
import { type Service, specDigest } from '../../core/service.ts';
import { copyChecks } from '../../store/copy-deployment.ts';
import { type DeploymentEnd, endDeployment } from '../../store/deployments.ts';
import { findDisplaced, followOn } from '../../store/follow-on.ts';
import { queueDeployment } from '../../store/queue-deployment.ts';
import { readTriggers } from '../../store/triggers.ts';
import { about, type Run, serviceOf } from './run.ts';

/**
 * Ends a deployment that did nothing. Where the service, as it was just seen, has what an update brought that this
 * deployment took the place of, that update is followed again: else nobody would learn what becomes of it.
 */
export const skip = async (
  run: Run,
  seen: Seen,
  { reason, instead }: Extract<Move, { kind: 'skip' }>,
): Promise<void> => {
  const { deps, deployment } = run;
  const service = serviceOf(seen);
  if (instead !== null && service !== null) return replace(run, service, instead);
  const end: DeploymentEnd = { state: 'skipped', reason, failure: null };
  const now = deps.clock.now();
  const followed = await deps.db.transaction().execute(async (query) => {
    const open = await endDeployment(query, deployment.id, end, now);
    const displaced = open && service !== null ? await findDisplaced(query, deployment) : null;
    if (displaced === null || service === null || !isThere(displaced, service)) return null;
    await followOn(query, displaced, deps.newId(), now);
    return displaced;
  });
  deps.log.info('deployment skipped', { ...about(run), reason, followed: followed?.id });
};

/** Whether the service has what an update forward brought; what goes back is good already. */
const isThere = (displaced: Deployment, service: Service): boolean => {
  const { intent } = displaced;
  return (
    intent !== null &&
    intent.phase === 'forward' &&
    intent.target !== null &&
    shows(displaced, intent, service)
  );
};

/** Has another deployment, to what is published now, take the place of one whose decision no longer holds. */
const replace = async (run: Run, service: Service, to: Digest): Promise<void> => {
  const { deps, deployment } = run;
  const { id, cluster, cause } = deployment;
  if (!service.image.ok || service.image.image.tag === null) return;
  const image = { ...service.image.image, tag: service.image.image.tag };
  const next = await deps.db.transaction().execute(async (query) => {
    const triggers = await readTriggers(query, id);
    const from = specDigest(service);
    const wanted = { id: deps.newId(), cluster, service, image, from, to, cause, triggers };
    const queued = await queueDeployment(query, wanted, deps.clock.now());
    await copyChecks(query, id, queued.id);
    return queued;
  });
  deps.log.info('deployment decided anew', { ...about(run), by: next.id, digest: to });
};
