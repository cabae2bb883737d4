import type { Digest } from '../core/digest.ts';
import { type Service, specDigest } from '../core/service.ts';
import { copyChecks } from '../store/copy-deployment.ts';
import type { Deployment } from '../store/deployments.ts';
import { queueDeployment } from '../store/queue-deployment.ts';
import { readTriggers } from '../store/triggers.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/** Has another deployment take the place of one that was decided on what is no longer so. */
export const decideAnew = async (
  { db, clock, newId, log }: RolloutDeps,
  { id, cluster, cause }: Deployment,
  service: Service,
  to: Digest,
): Promise<void> => {
  if (!service.image.ok || service.image.image.tag === null) return;
  const image = { ...service.image.image, tag: service.image.image.tag };
  const next = await db.transaction().execute(async (query) => {
    const triggers = await readTriggers(query, id);
    const from = specDigest(service);
    const wanted = { id: newId(), cluster, service, image, from, to, cause, triggers };
    const queued = await queueDeployment(query, wanted, clock.now());
    await copyChecks(query, id, queued.id);
    return queued;
  });
  log.info('deployment decided anew', { deployment: id, by: next.id, digest: to });
};
