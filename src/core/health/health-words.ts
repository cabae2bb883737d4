import type { HealthReason, HealthView } from './health.ts';

const WORDS: Readonly<Record<HealthReason, string>> = {
  'nothing-runs': 'no task runs',
  'crash-loop': 'its tasks fail again and again',
  'cannot-start': 'its tasks cannot be started',
  'known-bad-runs': 'it runs an image that failed on this service',
  'deployment-failed': 'its last deployment failed, and the image still runs',
  'update-paused': 'its update is paused',
  'rollback-paused': 'its rollback is paused',
  'own-deployment': 'the helper deploys to it',
  updating: 'somebody else’s update is in progress',
  'rolling-back': 'it is being rolled back',
  starting: 'new tasks are starting',
  'too-few-run': 'fewer tasks run than requested',
  'task-failed': 'a task failed in the last 10 minutes',
  'no-replicas': '0 replicas requested',
  'not-observed': 'not observed yet',
  unreachable: 'its cluster does not answer',
};

/** The reason in words for people. A newer helper may have reasons that this program does not know. */
export const healthWords = (reason: HealthReason | null): string =>
  reason === null ? '' : (WORDS[reason] ?? reason);

/** What somebody other than the helper deployed although it is held; null if no such digest runs. */
export const heldWords = ({ runsHeld }: Pick<HealthView, 'runsHeld'>): string | null => {
  if (runsHeld === undefined) return null;
  const why =
    runsHeld.hold === 'known-bad'
      ? `failed on this service at ${runsHeld.heldSince}`
      : `was rolled back by a person at ${runsHeld.heldSince}`;
  return `somebody else deployed ${runsHeld.digest.slice(0, 'sha256:'.length + 12)}, which ${why}`;
};

/** Failing services first, then those that need a person; healthy ones last. */
const URGENCY: readonly HealthView['health'][] = ['failing', 'paused', 'degraded'];

/** A sort key: the lowest number is the most urgent. */
export const healthUrgency = ({ health }: Pick<HealthView, 'health'>): number => {
  const place = URGENCY.indexOf(health);
  return place === -1 ? URGENCY.length : place;
};
