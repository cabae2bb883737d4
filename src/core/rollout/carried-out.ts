import type { Capabilities } from '../swarm/cluster.ts';
import { type Observation, type Service, specDigest, type Task } from '../swarm/service.ts';
import type { Deployment, Intent } from './deployment.ts';

const isRollback = ({ update }: Pick<Service, 'update'>): boolean =>
  update?.state === 'rollback_started' ||
  update?.state === 'rollback_completed' ||
  update?.state === 'rollback_paused';

/** Whether a service matches an intended update, for clusters that deploy a chosen digest. */
export const shows = (
  { cause }: Pick<Deployment, 'cause'>,
  intent: Intent,
  service: Service,
): boolean => {
  // What a rollback led to was there before; an update of ours would have begun a status of its own.
  if (isRollback(service)) return false;
  // A forced restart may change no digest; it shows in the counter.
  const isRestart = cause === 'forced' && intent.phase === 'forward';
  return (
    service.version > intent.version &&
    specDigest(service) === intent.target &&
    (!isRestart || service.forceUpdate > intent.forceUpdate)
  );
};

/**
 * Whether a service is as the spec before the present one makes it: its digest is another, or its counter is
 * that of before. What somebody else did meanwhile counts up, or leaves both.
 */
export const showsPrevious = (
  { from, to }: Pick<Deployment, 'from' | 'to'>,
  intent: Intent,
  service: Service,
): boolean => {
  const left = intent.phase === 'back' ? to : from;
  const { version, forceUpdate } = service;
  if (version <= intent.version || forceUpdate > intent.forceUpdate) return false;
  return forceUpdate < intent.forceUpdate || specDigest(service) !== left;
};

/**
 * Whether an intent goes back, because a person asked for it or after a failure, on a cluster that does so by the
 * spec before the present one.
 */
export const isRestore = (
  { cause }: Pick<Deployment, 'cause'>,
  { phase }: Pick<Intent, 'phase'>,
  { goesBackTo }: Pick<Capabilities, 'goesBackTo'>,
): boolean => (cause === 'taken-back' || phase === 'back') && goesBackTo === 'previous-spec';

/**
 * Whether a service that is to be reverted has been given another image by somebody else since that was
 * decided. An engine that goes back on its own meanwhile leads to where the revert would have led.
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
  { cause }: Pick<Deployment, 'cause'>,
  { phase, target, version, newestTask = null }: Intent,
  { service, tasks }: Observation,
): boolean => {
  // Of a forced restart the tasks may be those that ran before, started anew.
  if (!isRollback(service) || cause === 'forced' || phase !== 'forward' || newestTask === null)
    return false;
  // What a rollback leads to is not what it goes back from.
  if (specDigest(service) === target) return false;
  const isMade = ({ digest, createdAt }: Task): boolean =>
    digest === target && Date.parse(createdAt) > newestTask;
  return target !== null && service.version > version && tasks !== null && tasks.some(isMade);
};
