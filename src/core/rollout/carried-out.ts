import type { Capabilities } from '../swarm/cluster.ts';
import { type Observation, type Service, specDigest, type Task } from '../swarm/service.ts';
import type { Deployment, Intent } from './deployment.ts';

const isRollback = ({ update }: Pick<Service, 'update'>): boolean =>
  update?.state === 'rollback_started' ||
  update?.state === 'rollback_completed' ||
  update?.state === 'rollback_paused';

/** Whether a service matches an intended update, on clusters that deploy a chosen digest. */
export const shows = (
  { cause }: Pick<Deployment, 'cause'>,
  intent: Intent,
  service: Service,
): boolean => {
  // A rollback restores what was there before. An update of ours would have started a new status.
  if (isRollback(service)) return false;
  // A forced restart may leave the digest unchanged; the counter shows it.
  const isRestart = cause === 'forced' && intent.phase === 'forward';
  return (
    service.version > intent.version &&
    specDigest(service) === intent.target &&
    (!isRestart || service.forceUpdate > intent.forceUpdate)
  );
};

/**
 * Whether a service has the spec before the present one: its digest differs, or its counter is the earlier one. Changes
 * by somebody else meanwhile raise the counter, or leave both.
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
 * Whether an intent goes back, at a person's request or after a failure, on a cluster that can only restore the
 * previous spec.
 */
export const isRestore = (
  { cause }: Pick<Deployment, 'cause'>,
  { phase }: Pick<Intent, 'phase'>,
  { goesBackTo }: Pick<Capabilities, 'goesBackTo'>,
): boolean => (cause === 'taken-back' || phase === 'back') && goesBackTo === 'previous-spec';

/**
 * Whether somebody else has set another image on a service since its revert was decided. If the engine rolls back
 * meanwhile, it arrives where the revert would have led.
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
 * Whether the engine carried out an intended update and rolled it back before anybody looked. The tasks that it created
 * show that.
 */
export const isRolledBackByEngine = (
  { cause }: Pick<Deployment, 'cause'>,
  { phase, target, version, newestTask = null }: Intent,
  { service, tasks }: Observation,
): boolean => {
  // After a forced restart, the tasks may be earlier ones that started again.
  if (!isRollback(service) || cause === 'forced' || phase !== 'forward' || newestTask === null)
    return false;
  // A rollback ends on another digest than the one it goes back from.
  if (specDigest(service) === target) return false;
  const isMade = ({ digest, createdAt }: Task): boolean =>
    digest === target && Date.parse(createdAt) > newestTask;
  return target !== null && service.version > version && tasks !== null && tasks.some(isMade);
};
