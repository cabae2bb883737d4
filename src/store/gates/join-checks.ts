import type { Digest } from '../../core/image/digest.ts';
import type { Query } from '../sqlite/open-store.ts';
import { isAmong } from '../query/fragments.ts';

/**
 * Links the records of pushes that wait for these digests to the resulting deployment, as part of the transaction that
 * queued it. A push then finds its outcome.
 */
export const joinWaitingChecks = async (
  query: Query,
  of: { readonly serviceId: string; readonly digests: readonly Digest[] },
  deployment: string,
): Promise<void> => {
  const found = await query
    .updateTable('check_services')
    .set({ deployment_id: deployment })
    .where('service_id', '=', of.serviceId)
    .where('verdict', '=', 'waiting')
    .where('deployment_id', 'is', null)
    .where('check_id', 'in', (eb) =>
      eb
        .selectFrom('check_digests')
        .select('check_digests.check_id')
        .where((one) => isAmong(one.ref('check_digests.digest'), of.digests)),
    )
    .returning('check_id')
    .execute();
  if (found.length === 0) return;
  await query
    .insertInto('check_deployments')
    .values(found.map(({ check_id }) => ({ check_id, deployment_id: deployment })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** The digest that checks found waiting is now held: rejected, or expired. Part of the caller's transaction. */
export const holdWaitingChecks = async (
  query: Query,
  of: { readonly serviceId: string; readonly digest: Digest },
  hold: { readonly kind: 'rejected' | 'expired'; readonly detail: string },
): Promise<void> => {
  await query
    .updateTable('check_services')
    .set({ verdict: 'held', reason: hold.kind, detail: hold.detail })
    .where('service_id', '=', of.serviceId)
    .where('verdict', '=', 'waiting')
    .where('check_id', 'in', (eb) =>
      eb
        .selectFrom('check_digests')
        .select('check_digests.check_id')
        .where('check_digests.digest', '=', of.digest),
    )
    .execute();
};
