import { ROLLED_BACK_MEANWHILE } from '../../core/rollout/also-held.ts';
import { copyDeployment } from './copy-deployment.ts';
import { addStep, type Deployment, findDeployment } from './deployments.ts';
import type { Query } from '../sqlite/open-store.ts';
import { jsonField, jsonFieldIsFalse } from '../query/fragments.ts';

/**
 * The deployment of the same service whose update was on its way when this one, or one before it that was sent
 * as little, took its place; null where there is none.
 */
export const findDisplaced = async (
  query: Query,
  { id, cluster, serviceId }: Deployment,
): Promise<Deployment | null> => {
  const before = await query
    .selectFrom('deployments')
    .select(['id', 'state'])
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .where('id', '<', id)
    // One that was superseded before it was sent, or that the cluster refused, stood for nothing. Where the cluster
    // refused its revert, the service still has the update that was to be reverted.
    .where((eb) =>
      eb.or([
        eb('state', '!=', 'superseded'),
        jsonFieldIsFalse(eb.ref('intent'), 'refuted'),
        eb(jsonField(eb.ref('intent'), 'phase'), '=', 'back'),
      ]),
    )
    // Nor was one sent that was skipped because this one, a person's rollback, took its place.
    .where((eb) => eb.or([eb('reason', 'is', null), eb('reason', '!=', ROLLED_BACK_MEANWHILE)]))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return before?.state === 'superseded' ? findDeployment(query, before.id) : null;
};

/**
 * Has the update of a superseded deployment followed again, by a new one that begins where that was left, as
 * part of the transaction that ended the one that had taken its place.
 */
export const followOn = async (
  query: Query,
  displaced: Deployment,
  id: string,
  now: number,
): Promise<void> => {
  await copyDeployment(query, displaced.id, {
    id,
    // Nobody knows whether a revert was sent: the service shows whether it was.
    state: displaced.intent?.phase === 'back' ? 'updating' : 'verifying',
    reason: null,
    queued_at: now,
    started_at: now,
    ended_at: null,
    run_at: now,
    set_at: now,
    follows: displaced.id,
  });
  await addStep(query, id, { at: now, step: 'queued', detail: { followsOn: displaced.id } });
};
