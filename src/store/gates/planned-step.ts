import type { Digest } from '../../core/image/digest.ts';
import type { Lookup } from '../../core/image/published.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { Step } from '../../core/verdict/plan.ts';
import type { Verdict } from '../../core/verdict/verdict.ts';
import type { NewDeployment } from '../deployments/queue-deployment.ts';
import type { Trigger } from '../deployments/triggers.ts';

/** What a check decided for one service. */
export type PlannedStep = {
  readonly service: Service;
  /** What it should have; null if the spec's image has no tag or is invalid. */
  readonly image: NewDeployment['image'] | null;
  readonly verdict: Verdict;
  /** Null if the registry was not asked. */
  readonly lookup: Lookup | null;
  /** Platform manifests of the published digest; null if they were not read. */
  readonly members: readonly Digest[] | null;
  readonly step: Step;
  /** The pushed tags that led to the plan, if they differ from the image's own. */
  readonly tags?: readonly string[];
};

export type QueuedBy<Planned extends PlannedStep> = {
  readonly cluster: string;
  readonly newId: () => string;
  readonly triggersOf: (planned: Planned) => readonly Trigger[];
};
