import { type Observation, type Service, specDigest, type Task } from '../core/service.ts';
import type { Deployment, Intent } from '../store/deployments.ts';

/** Whether a service of a cluster that is told the digest is as an intended update makes it. */
export const shows = (deployment: Deployment, intent: Intent, service: Service): boolean => {
  const digest = specDigest(service);
  // A forced restart may change no digest; it shows in the counter.
  const isRestart = deployment.cause === 'forced' && intent.phase === 'forward';
  return (
    service.version > intent.version &&
    digest === intent.target &&
    (!isRestart || service.forceUpdate > intent.forceUpdate)
  );
};

/**
 * Whether a service is as the spec before the present one makes it: its digest is another, or its counter is
 * that of before. What somebody else did meanwhile counts up, or leaves both.
 */
export const showsPrevious = (
  deployment: Deployment,
  intent: Intent,
  service: Service,
): boolean => {
  const digest = specDigest(service);
  const left = intent.phase === 'back' ? deployment.to : deployment.from;
  const { version, forceUpdate } = service;
  if (version <= intent.version || forceUpdate > intent.forceUpdate) return false;
  return forceUpdate < intent.forceUpdate || digest !== left;
};

/**
 * Whether a service that is to be taken back has been given another image by somebody else since that was
 * decided. An engine that goes back on its own meanwhile leads to where it would have been taken.
 */
export const isTheirs = (
  { to }: Pick<Deployment, 'to'>,
  { target, over = to }: Intent,
  service: Service,
): boolean => {
  const present = specDigest(service);
  return present !== over && present !== target && service.update?.rolledBackBy !== 'engine';
};

/**
 * Whether the engine carried an intended update out, and has gone back from it before anybody looked: the
 * tasks that it made tell of it.
 */
export const isTakenBack = (
  { cause }: Deployment,
  { phase, target, version, newestTask = null }: Intent,
  { service, tasks }: Observation,
): boolean => {
  const state = service.update?.state;
  if (state !== 'rollback_started' && state !== 'rollback_completed' && state !== 'rollback_paused')
    return false;
  // Of a forced restart the tasks may be those that ran before, started anew.
  if (cause === 'forced' || phase !== 'forward' || newestTask === null) return false;
  const isMade = ({ digest, createdAt }: Task): boolean =>
    digest === target && Date.parse(createdAt) > newestTask;
  return target !== null && service.version > version && tasks !== null && tasks.some(isMade);
};
