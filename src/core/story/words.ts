import type { Cause } from '../verdict/plan.ts';
import type { DeploymentView } from '../contract/views.ts';

const CAUSES: Readonly<Record<Cause, string>> = {
  'digest-differs': 'the published digest differs from the one that ran',
  unpinned: 'a push reported a change, and the spec has no digest to compare',
  'handed-over': 'a push reported a change, and the cluster resolves the tag itself',
  forced: 'a person forced it',
  'taken-back': 'a person rolled back to this digest',
};

/** Why a deployment was made. An unknown cause is shown as is. */
export const causeWords = (cause: Cause): string => CAUSES[cause] ?? cause;

const ENDS: Readonly<Record<string, string>> = {
  'task-failed': 'a new task exited unexpectedly',
  unhealthy: 'a new task was not healthy',
  'image-unavailable': 'a node could not get the image',
  'not-started': 'a node could not start the container',
  'node-away': 'a node went away or came back during the update',
  'engine-rollback': 'the engine rolled the update back; no task shows why',
  'left-by-person': 'a person rolled the update back',
  'no-fitting-node': 'no node can run the new tasks',
  'update-paused': 'the engine paused the update',
  'rollback-paused': 'the engine’s own rollback is paused',
  deadline: 'the update did not finish in time',
  'service-removed': 'the service was removed in the meantime',
  'cluster-removed': 'the cluster is no longer in the configuration',
  restored: 'the store was restored from a backup, and services have changed since',
  'changed-by-other': 'somebody else changed the service in the meantime',
  refused: 'the cluster refused the update',
  'registry-refused': 'the cluster could not get the image from its registry',
  'rolled-back-meanwhile': 'a person rolled the service back before its turn came',
  'no-longer-published': 'the tag had moved on before its turn came',
  'gate-closed': 'a gate was closed before its turn came: it waits again',
  'other-digest': 'the cluster resolved the tag itself and deployed another digest',
  'outcome-unknown': 'the cluster did not say whether it accepted the update',
};

/** Why a deployment ended. An unknown reason is shown with spaces instead of dashes. */
export const endWords = (reason: string): string => ENDS[reason] ?? reason.replaceAll('-', ' ');

/** Why a failed update was not reverted. Empty if it was, or if there was nothing to revert. */
export const whyNotReverted = ({ steps }: Pick<DeploymentView, 'steps'>): string => {
  const why = steps.at(-1)?.detail['notTakenBack'];
  return typeof why === 'string' ? why : '';
};
