import { backoffMs } from '../backoff.ts';
import type { Observation, Service } from '../swarm/service.ts';
import { isRestore, isRolledBackByEngine, shows, showsPrevious } from './carried-out.ts';
import type { Deployment, Intent } from './deployment.ts';
import { endBack, type Facts, type Move } from './move.ts';

/**
 * How long after the intent a cluster that chooses the digest may take to show the update. Swarmpit needs up to 90 s
 * for a redeploy, and the search must go on after our own request has timed out.
 */
const HAND_OVER_MS = 120_000;
/** How long Docker may still carry out an update after it gave up on it. */
const QUIET_MS = 60_000;
const CHECK_AGAIN_MS = 1_000;
/** Waits before an update that the cluster answered with an error is sent again. */
const AGAIN = { firstMs: 1_000, longestMs: 60_000 };

/** Whether a service shows an intended update, on a cluster that deploys a chosen digest. */
export const isCarriedOut = (deployment: Deployment, intent: Intent, seen: Observation): boolean =>
  shows(deployment, intent, seen.service) || isRolledBackByEngine(deployment, intent, seen);

/** Determines from the service whether an update without a stored outcome was carried out. */
export const recover = (
  deployment: Deployment,
  intent: Intent,
  seen: Observation,
  { now, lookedForMs, random, capabilities }: Facts,
): Move => {
  const isDone = capabilities.setsDigest
    ? isCarriedOut(deployment, intent, seen)
    : isRestore(deployment, intent, capabilities)
      ? showsPrevious(deployment, intent, seen.service)
      : seen.service.forceUpdate > intent.forceUpdate;
  if (isDone) return { kind: 'follow', watch: null };
  if (capabilities.setsDigest) {
    // The version guards it: if the first update is carried out after all, the second is out of sequence.
    const { times = 0, problem = '' } = intent.refusals ?? {};
    const afterMs = times === 0 ? 0 : backoffMs(AGAIN, times, random);
    return { kind: 'wait', as: 'rest', afterMs, problem, refutes: true };
  }
  const { gaveUpAt, failed } = intent;
  // If the clock was set back, the update seems to be sent in the future. Then the time spent looking decides.
  const isOver = (since: number, ms: number): boolean => now - since >= ms || lookedForMs >= ms;
  const isQuiet = gaveUpAt !== undefined && isOver(gaveUpAt, QUIET_MS);
  if (isQuiet && mayRepeat(intent, seen.service)) {
    return { kind: 'wait', as: 'repeat', afterMs: 0, problem: '', refutes: true };
  }
  const message =
    'the cluster did not answer and the service does not show the update; it is not repeated';
  if (!isOver(intent.at, HAND_OVER_MS) || (gaveUpAt !== undefined && !isQuiet)) {
    return { kind: 'wait', as: 'here', afterMs: CHECK_AGAIN_MS, problem: message, refutes: false };
  }
  return endBack(seen, failed, { reason: 'outcome-unknown', message, task: null });
};

/** Whether nothing at all has happened to the service since, and the update was sent only once. */
const mayRepeat = (intent: Intent, { version, forceUpdate }: Service): boolean =>
  intent.isRepeat !== true && version === intent.version && forceUpdate === intent.forceUpdate;
