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

/** What became of a plan for one service. */
export type Queued<Planned extends PlannedStep> = {
  /**
   * As it stands now: held, where a hold has come about since it was planned; to be looked at again, where the
   * tag has been seen to move on.
   */
  readonly planned: Planned;
  /** The deployment that will do it, or null where none is to be made. */
  readonly deployment: string | null;
};

/**
 * Queues what was planned to be deployed, as part of the caller's transaction, which has put down what the
 * registries answered; gives all, in the same order.
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
  // The digest may have failed on a service, or been taken back from it, since that was planned.
  const findHold = await readHolds(query, cluster);
  const queued: Queued<Planned>[] = [];
  for (const before of all) {
    const held = heldSince(before, findHold);
    const planned = (await hasMovedOn(query, held)) ? { ...held, step: LOOK_AGAIN } : held;
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
  // Where the two could not be compared, no hold was looked for: the deployment will say that one stands.
  if (verdict.verdict !== 'obsolete') return planned;
  const { from, to, opened } = verdict;
  const target = opened?.tag ?? image?.tag ?? null;
  const tag = target === presentTag(service) ? null : target;
  const hold = findHold(service, to, tag);
  if (hold === null) return planned;
  return { ...planned, verdict: { verdict: 'held', hold, from, to }, step: { kind: 'leave' } };
};

/** What was decided no longer fits what is known by now. */
export const LOOK_AGAIN: Step = { kind: 'look-again' };

/**
 * Whether somebody who asked later was shown another digest of the tag, as a hook's look may be while a run
 * of thousands of images is still being answered: then what it queued is the newer.
 */
const hasMovedOn = async (query: Query, { step, image }: PlannedStep): Promise<boolean> => {
  if (step.kind !== 'deploy' || step.to === null || image === null) return false;
  // What a gate let through may be older than what the tag shows.
  if (step.opened !== undefined) return false;
  const published = await readPublished(query, { name: imageName(image), tag: image.tag });
  return published !== null && published !== step.to;
};
