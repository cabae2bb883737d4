import { backoffMs } from '../backoff.ts';
import { rolloutTimeout } from './deadline.ts';
import { imageName } from '../image/image-reference.ts';
import { exclusionOf, unsupportedLabel } from '../policy/labels.ts';
import type { ShutWindows } from '../policy/gates/at-gates.ts';
import { type Observation, type Service, specDigest } from '../swarm/service.ts';
import { settledDigest } from './settled.ts';
import { isTheirs } from './carried-out.ts';
import type { Deployment, Intent } from './deployment.ts';
import type { Failed } from './follow.ts';
import { leftBehind } from './good-image.ts';
import { GIVE_UP_MS } from './judge.ts';
import { endFailed, type Facts, type Move, skip } from './move.ts';
import { isCarriedOut } from './recover.ts';
import { revert } from './revert.ts';

/** A deployment that a freeze stopped is checked again after this. The check needs no request. */
const FROZEN_AGAIN_MS = 15_000;
/** A deployment that waits for its window is checked at least this often: its label may have changed. */
const WINDOW_AGAIN_MS = 10 * 60_000;
/** Waits before a registry that did not answer is asked again. */
const ASK_AGAIN = { firstMs: 2_000, longestMs: 60_000 };
/** Maximum number of refused updates, unless the first one's deadline passes earlier. */
const MOST_REFUSALS = 10;
/**
 * A deployment of any age, for example after a freeze of days, is given up only after this many tries in a row: some
 * minutes.
 */
const LEAST_TRIES = 40;

/** Freezes, holds and selections do not stop what a person asks for. */
export const isAsked = ({ cause }: Pick<Deployment, 'cause'>): boolean =>
  cause === 'forced' || cause === 'taken-back';

export const waitFrozen = (reason: string): Move => {
  const problem = `frozen: ${reason}`;
  return { kind: 'wait', as: 'rest', afterMs: FROZEN_AGAIN_MS, problem, refutes: false };
};

/** A handed-over deployment has no digest that could wait at gates, so the deployment itself waits for the window. */
const waitForWindow = ({ opensAt, detail }: ShutWindows, now: number): Move => {
  const afterMs = Math.max(Math.min(opensAt - now, WINDOW_AGAIN_MS), 0);
  return { kind: 'wait', as: 'rest', afterMs, problem: detail, refutes: false };
};

/** Postpones a deployment, or gives it up if it has waited too long. */
export const putOff = (
  { queuedAt, attempts }: Deployment,
  problem: string,
  afterMs: number,
  now: number,
): Move =>
  now - queuedAt > GIVE_UP_MS && attempts >= LEAST_TRIES
    ? endFailed(null, { reason: 'deadline', message: problem, task: null })
    : { kind: 'wait', as: 'try', afterMs: Math.round(afterMs), problem, refutes: false };

/** What to do about a service that has no update of this deployment in progress. */
export const decide = (deployment: Deployment, seen: Observation, facts: Facts): Move => {
  const { intent } = deployment;
  const { service } = seen;
  if (intent !== null) {
    // It was carried out after all, later than we looked for it: follow it.
    const mayBeDone = facts.capabilities.setsDigest && intent.answered !== true;
    if (mayBeDone && isCarriedOut(deployment, intent, seen)) return { kind: 'follow', watch: null };
    const refused = refusedFor(intent, service, facts.now);
    if (intent.phase === 'back' && intent.failed !== null) {
      if (refused !== null)
        return endFailed(seen, intent.failed, { takeBackFailed: refused.message });
      return isTheirs(deployment, intent, service)
        ? endFailed(seen, intent.failed, theirs(intent))
        : revert(deployment, intent.failed, seen, facts);
    }
    if (refused !== null) return endFailed(seen, refused);
  }
  if (facts.frozen !== null && !isAsked(deployment)) return waitFrozen(facts.frozen);
  const reason = reasonNotTo(deployment, service, facts);
  if (reason !== null) return reason;
  if (facts.closed === 'never') return skip('held');
  if (facts.closed !== null) {
    return 'opensAt' in facts.closed
      ? waitForWindow(facts.closed, facts.now)
      : { ...skip('gate-closed'), waitsAt: facts.closed };
  }
  // Sending it would stop what runs, and nothing could replace it.
  if (facts.unfit !== null) {
    return endFailed(seen, { reason: 'no-fitting-node', message: facts.unfit, task: null });
  }
  return facts.pullProblem === null
    ? sendTo(deployment, seen, facts)
    : endFailed(
        seen,
        { reason: 'image-unavailable', message: facts.pullProblem, task: null },
        { notSent: true },
      );
};

const sendTo = (
  { to, tag }: Deployment,
  seen: Observation,
  { known, isFirst, now }: Facts,
): Move => ({
  kind: 'send',
  tag,
  target: to,
  settled: settledDigest(seen, now),
  left: leftBehind(seen, known, isFirst, now),
  on: seen,
});

const theirs = ({ answered }: Intent): Readonly<Record<string, unknown>> => ({
  notTakenBack: 'somebody else changed the image of the service',
  // If no answer came, it may have been accepted before the other update.
  ...(answered === true ? {} : { mayHaveBeenSent: true }),
});

const refusedFor = (
  { refuted, refusals }: Intent,
  service: Service,
  now: number,
): Failed | null => {
  if (!refuted || refusals === undefined) return null;
  const { times, firstAt, problem } = refusals;
  const isOver = times >= MOST_REFUSALS || now >= firstAt + rolloutTimeout(service);
  return isOver ? { reason: 'refused', message: problem, task: null } : null;
};

/** Why not to send the update, because of changes since it was planned; null if it can be sent. */
const reasonNotTo = (deployment: Deployment, service: Service, facts: Facts): Move | null => {
  const { cause, to, name, tag, fromTag } = deployment;
  if (!service.image.ok) return skip('image-changed');
  const { image } = service.image;
  // It may have been sent before, so either of its tags is ours.
  const isKnownTag = image.tag === tag || image.tag === fromTag;
  if (imageName(image) !== name || !isKnownTag) return skip('image-changed');
  // A person's request stops only at the label that excludes the service.
  const exclusion = exclusionOf(service, facts.select);
  if (exclusion === 'label' || (exclusion !== null && !isAsked(deployment))) {
    return skip('excluded');
  }
  if (facts.ownRefusal !== null) return skip(facts.ownRefusal);
  // The label may be newer than the plan.
  if (!isAsked(deployment) && unsupportedLabel(service) !== null) return skip('held');
  if (to === null) return null;
  if (image.digest === to && cause !== 'forced') return skip('already-current');
  if (cause === 'taken-back') return wasLeft(deployment, service) ? skip('image-changed') : null;
  return byRegistry(deployment, service, facts);
};

const byRegistry = (deployment: Deployment, service: Service, facts: Facts): Move | null => {
  const { shown, now, random } = facts;
  switch (shown.kind) {
    case 'no-answer': {
      const pause = backoffMs(ASK_AGAIN, deployment.attempts + 1, random);
      return putOff(deployment, shown.problem, Math.max(pause, shown.retryAfterMs), now);
    }
    case 'gone':
      return skip('no-longer-published');
    case 'shown':
      if (shown.digest === deployment.to) break;
      return shown.digest === specDigest(service)
        ? skip('no-longer-published')
        : skip('no-longer-published', shown.digest);
    case 'as-decided':
      break;
    default:
      return shown satisfies never;
  }
  return facts.hold === null || isAsked(deployment) ? null : skip('held');
};

/** Whether somebody has set another image since a person asked to roll the service back. */
const wasLeft = ({ from }: Deployment, service: Service): boolean =>
  specDigest(service) !== from && service.update?.rolledBackBy !== 'engine';
