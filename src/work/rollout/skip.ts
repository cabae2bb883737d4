import type { Digest } from '../../core/image/digest.ts';
import type { Move, Seen } from '../../core/rollout/move.ts';
import type { Service } from '../../core/swarm/service.ts';
import { endAsSkipped, replaceDeployment } from '../../store/rollout/end-rollout.ts';
import { about, type Run, serviceOf } from './run.ts';

/** Ends a deployment that did nothing, or replaces it with another. */
export const skip = async (
  run: Run,
  seen: Seen,
  { reason, instead, waitsAt }: Extract<Move, { kind: 'skip' }>,
): Promise<void> => {
  const { deps, deployment } = run;
  const service = serviceOf(seen);
  if (instead !== null && service !== null) return replace(run, service, instead);
  const ending = { deployment, service, newId: deps.newId };
  const skipped = waitsAt === undefined ? { reason } : { reason, waitsAt };
  const followed = await endAsSkipped(deps.db, ending, skipped, deps.clock.now());
  deps.log.info('deployment skipped', { ...about(run), reason, followed: followed?.id });
};

/** Replaces a deployment whose decision no longer holds with one to what is published now. */
const replace = async (run: Run, service: Service, to: Digest): Promise<void> => {
  const { deps, deployment } = run;
  if (!service.image.ok) return;
  const image = { ...service.image.image, tag: deployment.tag };
  const instead = { id: deps.newId(), service, image, to };
  const by = await replaceDeployment(deps.db, deployment, instead, deps.clock.now());
  deps.log.info('deployment decided again', { ...about(run), by, digest: to });
};
