import { endCheck, type ClaimedCheck, type CheckEnd } from '../check-queue/check-queue.ts';
import { openDeployments } from '../deployments/deployments.ts';
import { noteGates } from '../gates/note-gates.ts';
import type { Db, Query } from '../query/db.ts';
import { type Joined, joinDeployments, recordCheck } from './join-deployments.ts';
import { newestDeployments } from './newest-deployments.ts';
import { recordLookups } from '../published/published.ts';
import type { NewLookup } from '../published/new-lookup.ts';
import { type Queued, queuePlanned } from '../gates/queue-planned.ts';
import type { PlannedStep, QueuedBy } from '../gates/planned-step.ts';
import { summaryOf } from '../runs/read-runs.ts';
import { relaxed } from '../sqlite/relaxed.ts';
import { putRunPlan } from '../runs/run-plans.ts';
import {
  endRun,
  insertRun,
  type NewRun,
  putRunServices,
  type Run,
  type RunService,
} from '../runs/runs.ts';
import type { RunProgress, RunSummary } from '../../core/contract/run-views.ts';
import type { ServiceView } from '../../core/contract/views.ts';

/** The result of a check, and what to do about it. */
export type Checked<Planned extends PlannedStep> = {
  /** The registries' answers. */
  readonly answers: readonly NewLookup[];
  readonly planned: readonly Planned[];
  readonly by: QueuedBy<Planned>;
};

const put = async <Planned extends PlannedStep>(
  query: Query,
  { answers, planned, by }: Checked<Planned>,
  now: number,
): Promise<readonly Queued<Planned>[]> => {
  await recordLookups(query, answers, now);
  return queuePlanned(query, by, planned, now);
};

/** Records the registries' answers. Not fsynced: the registries can be asked again. */
export const keepLookups = (db: Db, answers: readonly NewLookup[], now: number): Promise<void> =>
  relaxed(db, (query) => recordLookups(query, answers, now));

/** Records what a check has found so far. Not fsynced: after a host crash this check is still open and runs again. */
export const queueChecked = <Planned extends PlannedStep>(
  db: Db,
  checked: Checked<Planned>,
  now: number,
): Promise<readonly (Planned & Joined)[]> =>
  relaxed(db, async (query) => (await put(query, checked, now)).map(alone));

type Concluding<Planned extends PlannedStep> = Checked<Planned> & {
  readonly before: readonly (Planned & Joined)[];
  readonly conclude: (all: readonly (Planned & Joined)[]) => CheckEnd;
};

/**
 * Records what a check found, together with its end. `conclude` derives the end from everything that it found,
 * including `before`, which is already queued. Returns what was queued now. Not fsynced: after a host crash this check
 * is still open and runs again.
 */
export const concludeChecked = <Planned extends PlannedStep>(
  db: Db,
  check: ClaimedCheck,
  checked: Concluding<Planned>,
  now: number,
): Promise<{ readonly queued: readonly (Planned & Joined)[]; readonly end: CheckEnd }> =>
  relaxed(db, async (query) => {
    const queued = (await put(query, checked, now)).map(alone);
    // If nothing was queued for them, their gates are not recorded yet.
    await noteGates(query, checked.by, checked.before, now);
    const found = [...checked.before, ...queued];
    const ids = found.map(({ service }) => service.id);
    const newest = await newestDeployments(query, check.cluster, ids);
    const { triggersOf } = checked.by;
    const all = await joinDeployments(query, found, newest, { triggersOf, now });
    const end = checked.conclude(all);
    await recordCheck(query, check, all, now);
    await endCheck(query, check, end, now);
    return { queued, end };
  });

const alone = <Planned extends PlannedStep>({
  planned,
  deployment,
}: Queued<Planned>): Planned & Joined => ({ ...planned, deployment, joins: false });

/** Ends a check that got no answer. Not fsynced, for the same reason. */
export const endUnchecked = (
  db: Db,
  check: ClaimedCheck,
  end: CheckEnd,
  now: number,
): Promise<void> => relaxed(db, (query) => endCheck(query, check, end, now));

type ShownRun<Planned> = {
  readonly run: string;
  readonly cluster: string;
  readonly shown: (all: readonly (Planned & Joined)[]) => readonly RunService[];
};

/**
 * Records what a run found on a cluster, `shown` by what was queued. After a restart it is either checked and queued,
 * or neither.
 */
export const recordRunCheck = <Planned extends PlannedStep>(
  db: Db,
  of: ShownRun<Planned>,
  checked: Checked<Planned>,
  now: number,
): Promise<void> =>
  db.transaction().execute(async (query) => {
    const queued = (await put(query, checked, now)).map(alone);
    const open = await openDeployments(query, of.cluster);
    // The newest comes last, so it wins.
    const newest = new Map(open.map((one) => [one.serviceId, one]));
    const { triggersOf } = checked.by;
    const joined = await joinDeployments(query, queued, newest, { triggersOf, now });
    const all = joined.map((one, index) => ({
      ...one,
      // A deployment that has already ended decides the service's state, but does not belong to the run.
      deployment: one.joins ? one.deployment : (queued[index]?.deployment ?? null),
    }));
    await putRunServices(query, of.run, of.cluster, of.shown(all));
  });

/**
 * Begins a dry run. It is fsynced if the helper itself asked for it, because the time of the last one must survive a
 * crash of the host.
 */
export const beginDryRun = async (db: Db, run: NewRun, now: number): Promise<void> => {
  if (run.origin === 'person') await relaxed(db, (query) => insertRun(query, run, now));
  else await insertRun(db, run, now);
};

export type DryRunEnd = {
  readonly answers: readonly NewLookup[];
  readonly services: readonly ServiceView[];
  readonly state: 'done' | 'failed';
  readonly reason: string | null;
  readonly progress: RunProgress;
};

/**
 * Ends a dry run with what it found; null if it had already ended. Not fsynced: the caller has the answer, and can ask
 * again.
 */
export const endDryRun = (
  db: Db,
  run: Run['id'],
  { answers, services, state, reason, progress }: DryRunEnd,
  now: number,
): Promise<RunSummary | null> =>
  relaxed(db, async (query) => {
    await recordLookups(query, answers, now);
    const counts = await putRunPlan(query, run, services);
    const row = await endRun(query, run, { state, reason, progress }, now);
    return row === undefined ? null : summaryOf(row, counts);
  });
