import type { Selectable } from 'kysely';
import { EVERY_SERVICE } from '../../core/contract/every-service.ts';
import type {
  RunOrigin,
  RunProgress,
  RunRequest,
  RunState,
} from '../../core/contract/run-views.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import { readJson } from '../query/json.ts';
import type { Db, Query } from '../sqlite/open-store.ts';
import { inParts } from '../query/in-parts.ts';
import { relaxed } from '../sqlite/relaxed.ts';
import type { RunRow } from '../tables/runs.ts';

export type Run = {
  readonly id: string;
  readonly request: RunRequest;
  readonly origin: RunOrigin;
  readonly actor: string | null;
  readonly state: RunState;
  /** ms since the epoch. */
  readonly startedAt: number;
};

const toRun = (row: Selectable<RunRow>): Run => ({
  id: row.id,
  request: readJson(row.request),
  origin: row.origin,
  actor: row.actor,
  state: row.state,
  startedAt: row.started_at,
});

export type NewRun = Omit<Run, 'state' | 'startedAt'> & {
  /** The instance that a dry run belongs to. */
  readonly instance?: string;
};

/** Updates a run's progress while it checks. Not fsynced: after a crash it is counted again. */
export const showRunProgress = (db: Db, id: string, progress: RunProgress): Promise<void> =>
  relaxed(db, (query) => setRunProgress(query, id, 'checking', progress));

const NO_PROGRESS: RunProgress = { services: 0, images: 0, checkedImages: 0 };

/** The same text for equal requests, whatever the order of their fields. */
const requestText = (request: RunRequest): string => {
  const { cluster, services, stacks, images, dryRun, pin, scope = null } = request;
  const all = { cluster, services, stacks, images, dryRun, pin };
  return JSON.stringify(scope === null ? all : { ...all, scope });
};

/**
 * Stores a run, or returns the id of an equal one that is still checking, which it joins. A run that already deploys
 * has finished checking, and there may be something new by now.
 */
export const startRun = async (db: Db, run: NewRun, now: number): Promise<string> =>
  db.transaction().execute(async (query) => {
    const request = requestText(run.request);
    const same = await query
      .selectFrom('runs')
      .select('id')
      .where('request', '=', request)
      .where('state', 'in', ['queued', 'checking'])
      .where('dry_run', '=', 0)
      .where('ended_at', 'is', null)
      .executeTakeFirst();
    if (same !== undefined && !run.request.dryRun) return same.id;
    await insertRun(query, run, now);
    return run.id;
  });

/** Stores a run without joining it to another. */
export const insertRun = async (query: Query, run: NewRun, now: number): Promise<void> => {
  const { id, request, origin, actor } = run;
  await query
    .insertInto('runs')
    .values({
      id,
      request: requestText(request),
      origin,
      actor,
      state: 'queued',
      reason: null,
      dry_run: request.dryRun ? 1 : 0,
      instance: run.instance ?? null,
      progress: JSON.stringify(NO_PROGRESS),
      started_at: now,
      ended_at: null,
    })
    .execute();
};

/** Runs that have not ended, oldest first. */
export const openRuns = async (db: Query): Promise<Run[]> =>
  (
    await db.selectFrom('runs').selectAll().where('ended_at', 'is', null).orderBy('id').execute()
  ).map(toRun);

/**
 * Ids of dry runs that have not ended and belong to no instance that was seen after `seenAfter`, ms since the epoch.
 */
export const forgottenDryRuns = async (
  db: Query,
  seenAfter: number,
): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('runs')
    .select('id')
    .where('ended_at', 'is', null)
    .where('dry_run', '=', 1)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('instances')
            .select('instances.id')
            .whereRef('instances.id', '=', 'runs.instance')
            .where('seen_at', '>', seenAfter),
        ),
      ),
    )
    .execute();
  return rows.map(({ id }) => id);
};

/** When the newest run of these origins began, ms since the epoch, or null. */
export const lastRunAt = async (
  db: Query,
  origins: readonly RunOrigin[],
): Promise<number | null> => {
  const row = await db
    .selectFrom('runs')
    .select((eb) => eb.fn.max('started_at').as('at'))
    .where('origin', 'in', origins)
    .executeTakeFirst();
  return row?.at ?? null;
};

/** Whether a run, dry or not, has checked every service of every cluster. */
export const hasCheckedEverything = async (db: Query): Promise<boolean> => {
  const requests = [true, false].flatMap((dryRun) =>
    [true, false].map((pin) => requestText({ ...EVERY_SERVICE, dryRun, pin })),
  );
  const row = await db
    .selectFrom('runs')
    .select('id')
    .where('request', 'in', requests)
    .where('state', '=', 'done')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
};

export const setRunProgress = async (
  query: Query,
  id: string,
  state: RunState,
  progress: RunProgress,
): Promise<void> => {
  await query
    .updateTable('runs')
    .set({ state, progress: JSON.stringify(progress) })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .execute();
};

/** The end of a run. `progress` is the final one if it was not stored before. */
export type RunEnd = {
  readonly state: 'done' | 'failed';
  readonly reason: string | null;
  readonly progress?: RunProgress;
};

/** Returns the run after its end, or undefined if it had already ended. */
export const endRun = async (
  query: Query,
  id: string,
  { state, reason, progress }: RunEnd,
  now: number,
): Promise<Selectable<RunRow> | undefined> =>
  query
    .updateTable('runs')
    .set({
      state,
      reason,
      ended_at: now,
      ...(progress === undefined ? {} : { progress: JSON.stringify(progress) }),
    })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .returningAll()
    .executeTakeFirst();

export type RunService = { readonly view: ServiceView; readonly deployment: string | null };

/** The results of a run on a cluster so far, by service id. */
export const readFound = async (
  query: Query,
  run: string,
  cluster: string,
): Promise<Map<string, RunService>> => {
  const rows = await query
    .selectFrom('run_services')
    .select(['view', 'deployment_id'])
    .where('run_id', '=', run)
    .where('cluster', '=', cluster)
    .orderBy('position')
    .execute();
  const found = rows.map((row): [string, RunService] => {
    const view = readJson<ServiceView>(row.view);
    return [view.id, { view, deployment: row.deployment_id }];
  });
  return new Map(found);
};

/** Replaces the results of a run on a cluster. */
export const putRunServices = async (
  query: Query,
  run: string,
  cluster: string,
  services: readonly RunService[],
): Promise<void> => {
  await query
    .deleteFrom('run_services')
    .where('run_id', '=', run)
    .where('cluster', '=', cluster)
    .execute();
  const { last } = await query
    .selectFrom('run_services')
    .select((eb) => eb.fn.max('position').as('last'))
    .where('run_id', '=', run)
    .executeTakeFirstOrThrow();
  const rows = services.map(({ view, deployment }, index) => ({
    run_id: run,
    position: (last ?? -1) + 1 + index,
    cluster,
    service_id: view.id,
    verdict: view.verdict,
    deployment_id: deployment,
    view: JSON.stringify(view),
  }));
  for (const some of inParts(rows)) await query.insertInto('run_services').values(some).execute();
};

/**
 * The number of the run's deployments that have not ended: those that its services name, and those from before a
 * restart, whose services may already be current.
 */
export const openDeploymentsOfRun = async (query: Query, run: string): Promise<number> => {
  const { count } = await query
    .selectFrom('deployments')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('ended_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb(
          'id',
          'in',
          eb
            .selectFrom('run_services')
            .select('deployment_id')
            .where('run_id', '=', run)
            .where('deployment_id', 'is not', null),
        ),
        eb.and([
          eb('state', 'in', ['updating', 'verifying']),
          eb(
            'id',
            'in',
            eb
              .selectFrom('triggers')
              .select('deployment_id')
              .where('kind', 'in', ['smart-redeploy', 'schedule'])
              .where('source', '=', run),
          ),
        ]),
      ]),
    )
    .executeTakeFirstOrThrow();
  return count;
};
