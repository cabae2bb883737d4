import { shortDigest } from '../image/digest.ts';
import type { ServiceView } from '../contract/views.ts';
import type { ServiceStory } from './service-story.ts';

type Told = Pick<ServiceView, 'name' | 'health' | 'healthReason' | 'restarts'>;
type Past = Pick<ServiceStory, 'before' | 'mayName' | 'underWay'>;

/** Where a person can go back to, or what to publish instead. */
const goBack = ({ before, mayName }: Past): string => {
  if (before !== null) return `Roll back to ${shortDigest(before)}, or publish a fix.`;
  if (mayName !== null) {
    return `Publish a fix, or roll back to ${shortDigest(mayName)} explicitly: no good image is known.`;
  }
  return 'Publish a fix: no earlier image is known.';
};

/**
 * What to do about a service that does not work as it should, in a sentence for a person; null if nothing is to be
 * done. `past` says whether a deployment may be rolled back.
 */
export const adviceWords = (service: Told, past: Past): string | null => {
  const { health, healthReason, restarts, name } = service;
  if (health !== 'failing' && health !== 'paused' && health !== 'degraded') return null;
  if (past.underWay !== null && past.underWay.state !== 'queued') {
    return 'Wait: a deployment is in progress.';
  }
  if (healthReason === 'cannot-start') {
    return 'Fix what the last task reports, on the node or in the service’s spec: the engine keeps trying.';
  }
  if (healthReason === 'nothing-runs' || healthReason === 'too-few-run') {
    // A node, a constraint or the image may be the cause: only the engine's task list shows which.
    const look = `See why no task runs: docker service ps --no-trunc ${name}.`;
    const isImage = restarts > 0 && past.before !== null;
    return isImage ? `${look} If the image is the cause: ${goBack(past)}` : look;
  }
  if (healthReason === 'task-failed') {
    return `Read what the task wrote: docker service logs ${name}. If it fails again: ${goBack(past)}`;
  }
  if (health === 'paused') return `${goBack(past)} Either ends the pause.`;
  return goBack(past);
};
