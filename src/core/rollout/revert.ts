import { mayTakeBack } from '../labels.ts';
import { type Observation, specDigest } from '../service.ts';
import type { Deployment } from './deployment.ts';
import { leavesService } from './failure-reason.ts';
import type { Failed } from './follow.ts';
import { endBack, endFailed, type Facts, type Move } from './move.ts';

/** What follows a failed update: the service goes back to its good digest, where that may be done. */
export const revert = (
  { to }: Deployment,
  failed: Failed,
  on: Observation,
  { capabilities, good, isGoodBefore }: Facts,
): Move => {
  const { service } = on;
  const left = (why: string): Move => endFailed(on, failed, { notTakenBack: why });
  if (leavesService(failed.reason)) return left('the service is left as it is');
  if (!mayTakeBack(service)) return left('the label cd-helper.rollback is off');
  if (good === null) return left('no digest is proven for this service');
  if (good === to && specDigest(service) === to) return left('it runs the proven digest');
  if (!capabilities.setsDigest && !isGoodBefore) {
    return left(
      'this cluster can only go back to the previous spec, which is not the last good one',
    );
  }
  return { kind: 'revert', target: good, failed, on };
};

/** The same for one that may be a revert itself, or whose service could not be seen. */
export const conclude = (
  deployment: Deployment,
  failed: Failed,
  seen: Observation | null,
  facts: Facts,
): Move => {
  const first = deployment.intent?.failed ?? null;
  if (first !== null) return endBack(seen, first, failed);
  return seen === null ? endFailed(null, failed) : revert(deployment, failed, seen, facts);
};
