import { imageName } from '../../core/image/image-reference.ts';
import type { Step } from '../../core/verdict/plan.ts';
import { presentTag } from '../../core/swarm/service.ts';
import { noteGates, openedBy } from './note-gates.ts';
import { joinWaitingChecks } from './join-checks.ts';
import { tellReady } from './waiting.ts';
import { type FindHold, readHolds } from '../holds/holds.ts';
import type { Query } from '../query/db.ts';
import { readPublished } from '../published/published.ts';
import { queueDeployment } from '../deployments/queue-deployment.ts';
import type { PlannedStep, QueuedBy } from './planned-step.ts';

/** The result of a plan for one service. */
export type Queued<Planned extends PlannedStep> = {
  /**
   * The plan as it is now: held, if a hold was added since the planning; to be checked again, if the tag has since
   * moved on.
   */
  readonly planned: Planned;
  /** The deployment that will do it, or null if none is needed. */
  readonly deployment: string | null;
};

/**
 * Queues the planned deployments, as part of the caller's transaction, which has already recorded the registries'
 * answers. Returns all plans in the same order.
 */
export const queuePlanned = async <Planned extends PlannedStep>(
  query: Query,
  by: QueuedBy<Planned>,
  all: readonly Planned[],
  now: number,
): Promise<readonly Queued<Planned>[]> => {
  const { cluster, newId, triggersOf } = by;
  const isDeployed = ({ step }: Planned): boolean => step.kind === 'deploy';
  if (!all.some(isDeployed)) {
    await noteGates(query, by, all, now);
    return all.map((planned) => ({ planned, deployment: null }));
  }
  // Since the planning, the digest may have failed on a service, or a person may have rolled back from it.
  const findHold = await readHolds(query, cluster);
  const queued: Queued<Planned>[] = [];
  for (const before of all) {
    const held = heldSince(before, findHold);
    const planned = (await hasMovedOn(query, held)) ? { ...held, step: CHECK_AGAIN } : held;
    const { step, service, image } = planned;
    if (step.kind !== 'deploy' || image === null) {
      queued.push({ planned, deployment: null });
      continue;
    }
    const { from, to, cause, opened } = step;
    const led = triggersOf(planned);
    const triggers = opened === undefined ? led : await openedBy(query, planned, cluster, led);
    const gates = opened === undefined ? null : ('opened' as const);
    const id = newId();
    const target = { ...image, tag: opened?.tag ?? image.tag };
    const wanted = { id, cluster, service, image: target, from, to, cause, triggers, gates };
    const { id: deployment } = await queueDeployment(query, wanted, now);
    if (opened !== undefined) {
      const of = { serviceId: service.id, digests: opened.covers };
      await joinWaitingChecks(query, of, deployment);
      const { id: serviceId } = service;
      if (to !== null) await tellReady(query, { cluster, serviceId, digest: to }, newId, now);
    }
    queued.push({ planned, deployment });
  }
  const decided = queued.map(({ planned }) => planned);
  await noteGates(query, by, decided, now);
  return queued;
};

const heldSince = <Planned extends PlannedStep>(planned: Planned, findHold: FindHold): Planned => {
  const { verdict, service, image } = planned;
  // If the two could not be compared, no hold was looked up. The deployment will report any hold.
  if (verdict.verdict !== 'obsolete') return planned;
  const { from, to, opened } = verdict;
  const target = opened?.tag ?? image?.tag ?? null;
  const tag = target === presentTag(service) ? null : target;
  const hold = findHold(service, to, tag);
  if (hold === null) return planned;
  return { ...planned, verdict: { verdict: 'held', hold, from, to }, step: { kind: 'leave' } };
};

/** The decision no longer matches what is known. */
export const CHECK_AGAIN: Step = { kind: 'check-again' };

/**
 * Whether a later lookup showed another digest of the tag. This happens to a webhook's check while a run of thousands
 * of images is still being answered: the deployment that the check queued is newer.
 */
const hasMovedOn = async (query: Query, { step, image }: PlannedStep): Promise<boolean> => {
  if (step.kind !== 'deploy' || step.to === null || image === null) return false;
  // A digest that a gate let through may be older than what the tag shows.
  if (step.opened !== undefined) return false;
  const published = await readPublished(query, { name: imageName(image), tag: image.tag });
  return published !== null && published !== step.to;
};
