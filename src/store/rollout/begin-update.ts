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
  /** The service as it was last seen. */
  readonly service: Service;
  /** The digest that the service ran converged until now; null if that is not known. */
  readonly settled: Digest | null;
  /** How well it ran what it ran until now; null if that is not known. */
  readonly left: Left | null;
};

/**
 * Commits what is about to be sent, with what the record tells before it: that the service goes back, or what it
 * ran well until now. It is on the disk when this resolves. False if nothing may be sent, and then nothing is
 * recorded; see {@link recordIntent}.
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
    // A digest that is held is nothing to go back to, even if it runs well at the moment.
    const ran = settled ?? left?.digest ?? null;
    if (ran !== null && (await readHolds(query, cluster))(service, ran) === null) {
      if (settled !== null) await recordProven(query, { cluster, service }, settled, now);
      if (left !== null) await recordLeft(query, { cluster, service }, left, now);
    }
    return true;
  });
