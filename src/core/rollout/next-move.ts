import type { Deployment } from './deployment.ts';
import { decide, putOff, waitFrozen } from './decide.ts';
import { judge } from './judge.ts';
import { type Facts, type Move, type Seen, skip } from './move.ts';
import { recover } from './recover.ts';

/** A cluster that did not answer is asked again after this, plus up to as much more. */
const AGAIN_MS = 2_000;
const AGAIN_SPREAD_MS = 8_000;

/**
 * The state machine of a rollout. A deployment is in one of three states, which its row records however the process
 * ended:
 * - an update was sent: judge it by what the service shows;
 * - an update was intended and may have been sent: the service shows whether it was;
 * - nothing is in progress: decide, or decide again, what to send.
 *
 * Laws: nothing is sent while the outcome of an update is unknown; nothing is sent over an image that somebody else
 * set; a revert goes to a good digest; for every input it returns one move.
 */
export const nextMove = (deployment: Deployment, seen: Seen, facts: Facts): Move => {
  const { intent, state } = deployment;
  if (intent !== null && state === 'verifying') {
    return judge({ ...deployment, intent }, seen, facts);
  }
  if (seen === 'not-asked') return waitFrozen(facts.frozen ?? '');
  if (seen === 'removed') return skip('service-removed');
  if ('problem' in seen) {
    const afterMs = AGAIN_MS + facts.random * AGAIN_SPREAD_MS;
    return putOff(deployment, seen.problem, afterMs, facts.now);
  }
  return intent !== null && !intent.refuted
    ? recover(deployment, intent, seen, facts)
    : decide(deployment, seen, facts);
};
