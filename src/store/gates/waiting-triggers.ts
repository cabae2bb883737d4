import type { Digest } from '../../core/image/digest.ts';
import type { Query } from '../sqlite/open-store.ts';
import { isAmong } from '../query/fragments.ts';
import type { Trigger } from '../deployments/triggers.ts';

/** Records the triggers of a waiting digest for its later deployment. Part of the caller's transaction. */
export const addWaitingTriggers = async (
  query: Query,
  of: { readonly cluster: string; readonly serviceId: string; readonly digest: Digest },
  triggers: readonly Trigger[],
  now: number,
): Promise<void> => {
  if (triggers.length === 0) return;
  const { cluster, serviceId, digest } = of;
  const rows = triggers.map(({ kind, source }) => ({ kind, source }));
  await query
    .insertInto('waiting_triggers')
    .values(rows.map((row) => ({ cluster, service_id: serviceId, digest, ...row, at: now })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** Returns the triggers of these digests, oldest first, and removes them. Part of the caller's transaction. */
export const takeWaitingTriggers = async (
  query: Query,
  of: { readonly cluster: string; readonly serviceId: string; readonly digests: readonly Digest[] },
): Promise<readonly Trigger[]> => {
  const rows = await query
    .deleteFrom('waiting_triggers')
    .where('cluster', '=', of.cluster)
    .where('service_id', '=', of.serviceId)
    .where((eb) => isAmong(eb.ref('digest'), of.digests))
    .returning(['kind', 'source', 'at'])
    .execute();
  return rows.toSorted((a, b) => a.at - b.at).map(({ kind, source }) => ({ kind, source }));
};

/** Removes triggers of digests that no service waits for any more. */
export const pruneWaitingTriggers = async (db: Query, before: number): Promise<void> => {
  await db
    .deleteFrom('waiting_triggers')
    .where('at', '<', before)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('waiting')
            .select('waiting.service_id')
            .whereRef('waiting.cluster', '=', 'waiting_triggers.cluster')
            .whereRef('waiting.service_id', '=', 'waiting_triggers.service_id'),
        ),
      ),
    )
    .execute();
};
