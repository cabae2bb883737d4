import { ROLLED_BACK_MEANWHILE } from '../../core/rollout/also-held.ts';
import { copyDeployment } from './copy-deployment.ts';
import { addStep, type Deployment, findDeployment } from './deployments.ts';
import type { Query } from '../sqlite/open-store.ts';
import { jsonField, jsonFieldIsFalse } from '../query/fragments.ts';

/**
 * The deployment of the same service whose update was in progress when this one displaced it, or when an earlier one
 * did that was not sent either; null if there is none.
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
    // A deployment that was superseded before it was sent, or that the cluster refused, does not count. If the cluster
    // refused its revert, the service still has the update that was to be reverted.
    .where((eb) =>
      eb.or([
        eb('state', '!=', 'superseded'),
        jsonFieldIsFalse(eb.ref('intent'), 'refuted'),
        eb(jsonField(eb.ref('intent'), 'phase'), '=', 'back'),
      ]),
    )
    // Nor does one that was skipped because this one, a person's rollback, replaced it.
    .where((eb) => eb.or([eb('reason', 'is', null), eb('reason', '!=', ROLLED_BACK_MEANWHILE)]))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return before?.state === 'superseded' ? findDeployment(query, before.id) : null;
};

/**
 * Makes a new deployment follow the update of a superseded one from where that stopped, as part of the transaction that
 * ended its replacement.
 */
export const followOn = async (
  query: Query,
  displaced: Deployment,
  id: string,
  now: number,
): Promise<void> => {
  await copyDeployment(query, displaced.id, {
    id,
    // A revert may or may not have been sent: the service shows which.
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
