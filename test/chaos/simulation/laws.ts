import { ENDED } from '../../support/work/work-bench.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import type { End, Law } from './end.ts';
import { SEND_LAWS } from './send-laws.ts';

const isIf = (broken: boolean, what: string): readonly string[] => (broken ? [what] : []);
/** The last step of the last deployment that was not skipped or superseded. */
const lastStep = ({ deployments }: End): string =>
  JSON.stringify(
    deployments
      .findLast(({ state }) => state !== 'skipped' && state !== 'superseded')
      ?.steps.at(-1),
  );
/** If no image is known to be good, the helper does not revert, and the record says so. */
const saysNothingProven = (end: End): boolean =>
  /no good image known|it (?:runs|ran) the|"proven":false/.test(lastStep(end));
/** It was deployed with no desired tasks, so there was nothing to verify. Somebody has started it since. */
const wasNeverVerified = ({ has, deployments }: End): boolean => {
  const last = deployments.findLast(({ state }) => state !== 'skipped');
  const end = last?.steps.at(-1)?.detail;
  return last?.state === 'succeeded' && end?.['desired'] === 0 && end['digest'] === has;
};
/** The cluster did not accept the update within the time limit of a rollout, and the record says so. */
const isGivenUp = ({ published, deployments }: End): boolean => {
  const last = deployments.findLast(({ to }) => to === published);
  return last?.state === 'failed' && last.reason === 'refused';
};
const briefly = ({ to, state, reason, failure }: DeploymentView): string =>
  `deployment of ${to}: ${state}, ${reason}, ${failure?.message}`;

/**
 * A hold applies to a digest with the rest of the spec at that time. It ends when that spec changes. What a person
 * rolled back from, through the helper or the engine, then comes with the next push.
 */
const hasHoldEnded = ({ actor, deployments, published, shown }: End): boolean => {
  const { changedAt, releasedAt, wentBackFrom } = actor;
  const shownAt = shown.findLast(({ digest }) => digest === published)?.at ?? 0;
  const wasHeld = deployments.some(
    ({ to, state }) => to === published && (state === 'rolled-back' || state === 'failed'),
  );
  // What a person released is deployed by the next push, or when somebody asks for it.
  if (wasHeld && releasedAt !== null && shownAt <= releasedAt) return true;
  if (changedAt === null) return false;
  const isShownSince = shownAt > changedAt;
  const wasRolledBack = deployments.some(
    ({ cause, from, alsoHeld = [], queuedAt }) =>
      cause === 'taken-back' &&
      Date.parse(queuedAt) <= changedAt &&
      [from, ...alsoHeld].includes(published),
  );
  const wasLeft = wentBackFrom.some(({ digest, at }) => digest === published && at <= changedAt);
  return !isShownSince && (wasRolledBack || wasLeft);
};

export const LAWS: Readonly<Record<string, Law>> = {
  'the published digest is there, or held for a reason': (end) => {
    const { actor, has, published, view, deployments, kindOf } = end;
    if (kindOf(published) !== 'good') return [];
    // An image that another actor set stays until the next push.
    const isOthers =
      actor.imagesSet > 0 ||
      (!actor.isPinned && has === null && (actor.touched || deployments.length === 0));
    return isIf(
      has !== published &&
        view?.verdict !== 'held' &&
        !isOthers &&
        !hasHoldEnded(end) &&
        !isGivenUp(end),
      'it is not',
    );
  },

  'what is there is told as current': ({ has, published, view, kindOf }) =>
    isIf(
      has === published && kindOf(published) === 'good' && view?.verdict !== 'current',
      'it is not',
    ),

  'a good digest is not held as bad': ({ actor, has, published, view, kindOf }) =>
    isIf(
      actor.theirs === 0 &&
        has !== published &&
        kindOf(published) === 'good' &&
        view?.reason === 'known-bad',
      'it is held',
    ),

  'no service is left on a digest that fails': (end) => {
    const { actor, has, desired, kindOf } = end;
    // Another actor may have gone back to such a digest.
    if (!actor.goesBack || actor.theirs > 0 || desired === 0 || has === null) return [];
    const isToBeLeft = saysNothingProven(end) || wasNeverVerified(end);
    return isIf(kindOf(has) !== 'good' && !isToBeLeft, `it is left on ${has}`);
  },

  'a deployment ends once, and nothing follows': ({ deployments }) =>
    deployments.flatMap(({ id, state, steps }) => {
      const finals = steps.filter(({ step }) => ENDED.includes(step));
      // The retry of a failed deployment is recorded after its end.
      const last = steps.findLast(({ step }) => step !== 'retry-queued');
      const isOnce = finals.length === 1 && last === finals[0] && finals[0]?.step === state;
      return isIf(!isOnce, `${id} is ${state} after ${steps.map(({ step }) => step).join(', ')}`);
    }),

  'no digest that fails succeeds': ({ actor, desired, deployments, kindOf }) =>
    deployments.flatMap((one) =>
      isIf(
        one.state === 'succeeded' && kindOf(one.to) !== 'good' && desired > 0 && !actor.touched,
        briefly(one),
      ),
    ),

  'no good digest is condemned': ({ actor, deployments, kindOf }) =>
    deployments.flatMap((one) =>
      isIf(
        actor.theirs === 0 &&
          ['failed', 'rolled-back'].includes(one.state) &&
          kindOf(one.to) === 'good' &&
          ['task-failed', 'unhealthy'].includes(one.reason ?? ''),
        briefly(one),
      ),
    ),

  'no good digest fails where nobody interferes': ({ actor, deployments, kindOf }) =>
    deployments.flatMap((one) =>
      isIf(
        one.state === 'failed' &&
          kindOf(one.to) === 'good' &&
          !actor.touched &&
          // If the engine refuses for the whole time of a deployment, the reason says so.
          one.reason !== 'refused',
        briefly(one),
      ),
    ),

  'every update that was sent is recorded, and none that was not': (end) => {
    const steps = end.deployments.flatMap((one) => one.steps);
    const recorded = steps.filter(({ step }) => step === 'update-sent').length;
    const maybe = steps.filter(({ detail }) => detail['mayHaveBeenSent'] === true).length;
    const sent = end.updates.length - end.actor.theirs;
    // An image that another actor set looks like an update of ours whose answer was lost.
    const isTold = sent >= recorded - end.actor.imagesSet && sent <= recorded + maybe;
    return isIf(!isTold, `${sent} were sent, ${recorded} are recorded, ${maybe} may have been`);
  },

  'nothing good is deployed twice in a row': ({ actor, updates, kindOf }) =>
    updates.flatMap(({ digest }, index) =>
      isIf(
        !actor.touched &&
          !actor.forced &&
          digest === updates[index - 1]?.digest &&
          kindOf(digest) === 'good',
        `${digest} is`,
      ),
    ),

  ...SEND_LAWS,
};

/** Every broken law, one line each. */
export const brokenLaws = (end: End): readonly string[] =>
  Object.entries(LAWS).flatMap(([law, check]) =>
    check(end).map((what) => `${end.actor.name}: ${law}: ${what}`),
  );
