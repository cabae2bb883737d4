import type { Digest } from '../core/digest.ts';
import { imageName } from '../core/image-reference.ts';
import type { Step } from '../core/plan.ts';
import type { LookUp } from '../core/published.ts';
import type { Service } from '../core/service.ts';
import type { Verdict } from '../core/verdict.ts';
import { type FindHold, readHolds } from './holds.ts';
import type { Query } from './open-store.ts';
import { readPublished } from './published.ts';
import { type NewDeployment, queueDeployment } from './queue-deployment.ts';
import type { Trigger } from './triggers.ts';

export type PlannedStep = {
  readonly service: Service;
  /** Null where the spec's image has no tag or is none. */
  readonly image: NewDeployment['image'] | null;
  readonly verdict: Verdict;
  /** Null where the registry was not asked. */
  readonly lookUp: LookUp | null;
  /** Platform manifests of the published digest; null where they were not read. */
  readonly members: readonly Digest[] | null;
  readonly step: Step;
};

export type QueuedBy<Planned extends PlannedStep> = {
  readonly cluster: string;
  readonly newId: () => string;
  readonly triggersOf: (planned: Planned) => readonly Trigger[];
};

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
  { cluster, newId, triggersOf }: QueuedBy<Planned>,
  all: readonly Planned[],
  now: number,
): Promise<readonly Queued<Planned>[]> => {
  const isDeployed = ({ step }: Planned): boolean => step.kind === 'deploy';
  if (!all.some(isDeployed)) return all.map((planned) => ({ planned, deployment: null }));
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
    const { from, to, cause } = step;
    const triggers = triggersOf(planned);
    const wanted = { id: newId(), cluster, service, image, from, to, cause, triggers };
    const { id } = await queueDeployment(query, wanted, now);
    queued.push({ planned, deployment: id });
  }
  return queued;
};

const heldSince = <Planned extends PlannedStep>(planned: Planned, findHold: FindHold): Planned => {
  const { verdict, service } = planned;
  // Where the two could not be compared, no hold was looked for: the deployment will say that one stands.
  if (verdict.verdict !== 'obsolete') return planned;
  const { from, to } = verdict;
  const hold = findHold(service, to);
  if (hold === null) return planned;
  return { ...planned, verdict: { verdict: 'held', hold, from, to }, step: { kind: 'leave' } };
};

const LOOK_AGAIN: Step = { kind: 'look-again' };

/**
 * Whether somebody who asked later was shown another digest of the tag, as a hook's look may be while a run
 * of thousands of images is still being answered: then what it queued is the newer.
 */
const hasMovedOn = async (query: Query, { step, image }: PlannedStep): Promise<boolean> => {
  if (step.kind !== 'deploy' || step.to === null || image === null) return false;
  const published = await readPublished(query, { name: imageName(image), tag: image.tag });
  return published !== null && published !== step.to;
};
