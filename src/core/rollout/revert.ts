import { mayRevert } from '../policy/labels.ts';
import { type Observation, specDigest } from '../swarm/service.ts';
import type { Deployment } from './deployment.ts';
import { leavesService } from './failure-reason.ts';
import type { Failed } from './follow.ts';
import { choiceNote, chooseGood, noGoodWords } from './good-image.ts';
import { endBack, endFailed, type Facts, type Move } from './move.ts';

/** The consequence of a failed update: the service goes back to its last good image, if that is allowed. */
export const revert = (
  { from, fromTag, to }: Deployment,
  failed: Failed,
  on: Observation,
  { capabilities, known, before, now }: Facts,
): Move => {
  const { service } = on;
  // A cluster that cannot deploy a chosen digest can only go back to the previous spec.
  const reached = known.filter(({ digest }) => capabilities.setsDigest || digest === before);
  const choice = chooseGood(reached, on, now);
  const { good } = choice;
  const passedOver = choice.passedOver.filter(({ digest }) => digest !== to);
  const note = choiceNote({ ...choice, passedOver });
  const left = (why: string): Move => endFailed(on, failed, { notTakenBack: why });
  const isAnyGood = good !== null || chooseGood(known, on, now).good !== null;
  // An engine whose rollback was paused left the service on an image that may be failing. Nobody chose that image.
  const isStuck = failed.reason === 'rollback-paused' && !isAnyGood;
  if (leavesService(failed.reason) && !isStuck) return left('the service is left as it is');
  if (!mayRevert(service)) return left('the label cd-helper.rollback is off');
  // This was only a restart: the image before is the one that failed.
  if (from === to && specDigest(service) === to) return left('it ran the same image before');
  if (good === null && isAnyGood) {
    return left(
      'this cluster can only go back to the previous spec, which is not the last good one',
    );
  }
  if (good === null) return left(noGoodWords(from, passedOver));
  if (good === to && specDigest(service) === to) return left('it runs the last good image');
  const tag = known.find(({ digest }) => digest === good)?.tag ?? fromTag;
  return { kind: 'revert', tag, target: good, note, failed, on };
};

/** The same for a deployment that may itself be a revert, or whose service could not be seen. */
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
