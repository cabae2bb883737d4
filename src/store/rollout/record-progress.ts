import type { Intent } from '../../core/rollout/deployment.ts';
import type { ToldTask } from '../../core/story/task-news.ts';
import type { SpecChange } from '../../core/swarm/spec-changes.ts';
import { addStepOnWay } from '../deployments/deployments.ts';
import { type FailedDeployment, holdFailed } from '../holds/holds.ts';
import { raiseIntent, recordSent } from '../deployments/intents.ts';
import type { Db } from '../query/db.ts';
import { relaxed } from '../sqlite/relaxed.ts';

export type AcceptedUpdate = {
  readonly id: string;
  /** The intent with the replaced version, if that is later than the stored one; else null. */
  readonly raised: Intent | null;
  readonly detail: Readonly<Record<string, unknown>>;
  /** What a forward update changes in the spec. */
  readonly changes: readonly SpecChange[] | null;
};

/**
 * Records that the cluster accepted the update. False if the deployment has ended meanwhile. Not fsynced: after a host
 * crash the service itself shows that the update was done.
 */
export const recordAccepted = (db: Db, accepted: AcceptedUpdate, now: number): Promise<boolean> =>
  relaxed(db, async (query) => {
    const { id, raised, detail, changes } = accepted;
    if (raised !== null) await raiseIntent(query, id, raised);
    return recordSent(query, id, now, { detail, changes });
  });

/** Records that an update whose answer was lost was carried out. False if the deployment has ended meanwhile. */
export const recordRecovered = (
  db: Db,
  id: string,
  detail: Readonly<Record<string, unknown>>,
  now: number,
): Promise<boolean> => db.transaction().execute((query) => recordSent(query, id, now, { detail }));

/** Records changes of an update's tasks. Not fsynced: losing them only leaves a gap in the history. */
export const recordTasks = (
  db: Db,
  id: string,
  tasks: readonly ToldTask[],
  now: number,
): Promise<void> =>
  relaxed(db, (query) => addStepOnWay(query, id, { at: now, step: 'tasks', detail: { tasks } }));

/** Holds the digest of a deployment before the deployment ends. */
export const holdCondemned = (
  db: Db,
  hold: string,
  failed: FailedDeployment,
  now: number,
): Promise<void> => db.transaction().execute((query) => holdFailed(query, hold, failed, now));
