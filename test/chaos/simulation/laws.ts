import type { DeploymentView, ServiceView } from '../../../src/core/views.ts';
import { ENDED } from '../../support/work-bench.ts';
import type { Kind } from './images.ts';
import type { Actor } from './world.ts';

/** What has become of a service when all is quiet. */
export type End = {
  readonly actor: Readonly<Actor>;
  /** Of its spec; null where that names none. */
  readonly has: string | null;
  readonly published: string;
  readonly desired: number;
  /** What a person is told who asks for it. */
  readonly view: Pick<ServiceView, 'verdict' | 'reason'> | null;
  /** Oldest first. */
  readonly deployments: readonly DeploymentView[];
  /** Digests of the updates that the engine took from anybody, oldest first. */
  readonly updates: readonly string[];
  readonly kindOf: (digest: string | null) => Kind | null;
};

/** What must hold of each service; gives what speaks against it, a line each. */
type Law = (end: End) => readonly string[];

const isIf = (broken: boolean, what: string): readonly string[] => (broken ? [what] : []);
/** Of the last deployment that did anything. */
const lastStep = ({ deployments }: End): string =>
  JSON.stringify(deployments.findLast(({ state }) => state !== 'skipped')?.steps.at(-1));
/** Where none is known to be good, nothing is taken back, and the record says so. */
const saysNothingProven = (end: End): boolean =>
  /no digest is proven|it runs the proven|"proven":false/.test(lastStep(end));
const briefly = ({ to, state, reason, failure }: DeploymentView): string =>
  `deployment of ${to}: ${state}, ${reason}, ${failure?.message}`;

export const LAWS: Readonly<Record<string, Law>> = {
  'the published digest is there, or held for a reason': (end) => {
    const { actor, has, published, view, deployments, kindOf } = end;
    if (kindOf(published) !== 'good') return [];
    // What somebody else put there is left until the next push.
    const isOthers =
      actor.imagesSet > 0 ||
      (!actor.isPinned && has === null && (actor.touched || deployments.length === 0));
    return isIf(has !== published && view?.verdict !== 'held' && !isOthers, 'it is not');
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
    // It may be that somebody else went back to one.
    if (!actor.goesBack || actor.theirs > 0 || desired === 0 || has === null) return [];
    return isIf(kindOf(has) !== 'good' && !saysNothingProven(end), `it is left on ${has}`);
  },

  'a deployment ends once, and nothing follows': ({ deployments }) =>
    deployments.flatMap(({ id, state, steps }) => {
      const finals = steps.filter(({ step }) => ENDED.includes(step));
      const isOnce = finals.length === 1 && steps.at(-1) === finals[0] && finals[0]?.step === state;
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
      isIf(one.state === 'failed' && kindOf(one.to) === 'good' && !actor.touched, briefly(one)),
    ),

  'every update that was sent is recorded, and none that was not': (end) => {
    const steps = end.deployments.flatMap((one) => one.steps);
    const recorded = steps.filter(({ step }) => step === 'update-sent').length;
    const maybe = steps.filter(({ detail }) => detail['mayHaveBeenSent'] === true).length;
    const sent = end.updates.length - end.actor.theirs;
    // What somebody else put there cannot be told from an update of ours whose answer never came.
    const isTold = sent >= recorded - end.actor.imagesSet && sent <= recorded + maybe;
    return isIf(!isTold, `${sent} were sent, ${recorded} are recorded, ${maybe} may have been`);
  },

  'nothing good is deployed twice in a row': ({ actor, updates, kindOf }) =>
    updates.flatMap((digest, index) =>
      isIf(
        !actor.touched &&
          !actor.forced &&
          digest === updates[index - 1] &&
          kindOf(digest) === 'good',
        `${digest} is`,
      ),
    ),
};

/** Every law that is broken, a line each. */
export const brokenLaws = (end: End): readonly string[] =>
  Object.entries(LAWS).flatMap(([law, check]) =>
    check(end).map((what) => `${end.actor.name}: ${law}: ${what}`),
  );
