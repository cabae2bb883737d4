import type { Digest } from '../../core/image/digest.ts';
import type { Deployment, Intent } from '../../core/rollout/deployment.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { Left } from '../../core/rollout/good-image.ts';
import { addStep } from '../deployments/deployments.ts';
import { recordLeft } from '../holds/good-images.ts';
import { readHolds } from '../holds/holds.ts';
import { recordIntent } from '../deployments/intents.ts';
import type { Db } from '../sqlite/open-store.ts';
import { recordProven } from '../holds/proven.ts';

export type UpdateToBegin = {
  readonly deployment: Pick<Deployment, 'id' | 'cluster'>;
  readonly intent: Intent;
  /** ms since the epoch. */
  readonly deadlineAt: number;
  /** The service as last seen. */
  readonly service: Service;
  /** The digest on which the service has been converged until now; null if unknown. */
  readonly settled: Digest | null;
  /** How good the image was that it ran until now; null if unknown. */
  readonly left: Left | null;
};

/**
 * Commits the update that is about to be sent, together with earlier facts: that the service goes back, or which image
 * it ran well until now. Fsynced when it resolves. False if nothing may be sent; then nothing is recorded. See
 * {@link recordIntent}.
 */
export const beginUpdate = (db: Db, begun: UpdateToBegin, now: number): Promise<boolean> =>
  db.transaction().execute(async (query) => {
    const { deployment, intent, deadlineAt, service, settled, left } = begun;
    const { id, cluster } = deployment;
    if (!(await recordIntent(query, id, intent, deadlineAt))) return false;
    if (intent.failed !== null) {
      const { tag, target: to } = intent;
      const { reason, message } = intent.failed;
      const { note } = intent;
      const detail = { to, tag, reason, message, ...(note === undefined ? {} : { note }) };
      await addStep(query, id, { at: now, step: 'taking-back', detail });
    }
    // A held digest is not one to go back to, even if it runs well now.
    const ran = settled ?? left?.digest ?? null;
    if (ran !== null && (await readHolds(query, cluster))(service, ran) === null) {
      if (settled !== null) await recordProven(query, { cluster, service }, settled, now);
      if (left !== null) await recordLeft(query, { cluster, service }, left, now);
    }
    return true;
  });
