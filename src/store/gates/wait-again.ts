import type { AtGates } from '../../core/policy/gates/at-gates.ts';
import type { Deployment } from '../../core/rollout/deployment.ts';
import { presentTag, type Service, specDigest } from '../../core/swarm/service.ts';
import type { Query } from '../sqlite/open-store.ts';
import { readTriggers } from '../deployments/triggers.ts';
import { makeWaitingDue, putWaiting, readWaitingOf } from './waiting.ts';
import { addWaitingTriggers } from './waiting-triggers.ts';

/**
 * An image that was about to be sent waits at its gates again, with its triggers, as part of the transaction that skips
 * its deployment. It is checked at once, because another image may be the candidate by now.
 */
export const waitAgain = async (
  query: Query,
  { id, cluster, to }: Deployment,
  {
    service,
    at,
    newId,
  }: { readonly service: Service; readonly at: AtGates; readonly newId: () => string },
  now: number,
): Promise<void> => {
  const triggers = await readTriggers(query, id);
  if (to !== null) {
    const of = { cluster, serviceId: service.id, digest: to };
    await addWaitingTriggers(query, of, triggers, now);
  }
  if ((await readWaitingOf(query, cluster, [service.id])).has(service.id)) {
    await makeWaitingDue(query, cluster, service.id, now);
    return;
  }
  if (!service.image.ok) return;
  const from = { tag: presentTag(service), digest: specDigest(service) };
  const image = service.image.image;
  const due = { ...at, dueAt: now };
  const waits = { cluster, service, image, from, at: due, shown: null, before: null, newId };
  await putWaiting(query, waits, now);
};
