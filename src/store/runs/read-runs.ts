import { NO_GATES } from '../../core/policy/gates/gate-state.ts';
import type { Selectable } from 'kysely';
import { NOT_OBSERVED } from '../../core/health/health.ts';
import type { PageRequest } from '../../core/contract/list-filters.ts';
import type { Page, ServiceView } from '../../core/contract/views.ts';
import type { RunSummary, RunView } from '../../core/contract/run-views.ts';
import { cutPage } from '../query/cut-page.ts';
import { optionalRfc3339, readJson, rfc3339 } from '../query/json.ts';
import type { Db } from '../sqlite/open-store.ts';
import { readPlanCounts, readPlanServices } from './run-plans.ts';
import type { RunRow } from '../tables/runs.ts';

/** Newest first. */
export const listRuns = async (db: Db, page: PageRequest): Promise<Page<RunSummary>> => {
  let query = db.selectFrom('runs').selectAll();
  if (page.after !== null) query = query.where('id', '<', page.after);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute();
  const { shown, next } = cutPage(rows, page);
  return {
    items: await Promise.all(shown.map((row) => toSummary(db, row))),
    next,
  };
};

/** A run without its services. */
export const readRunSummary = async (db: Db, id: string): Promise<RunSummary | null> => {
  const row = await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toSummary(db, row);
};

export const readRun = async (db: Db, id: string): Promise<RunView | null> => {
  const summary = await readRunSummary(db, id);
  if (summary === null) return null;
  const planned = summary.dryRun ? await readPlanServices(db, id) : null;
  const services = planned ?? (await readRunServices(db, id));
  // Services stored by an earlier version have no health.
  return {
    ...summary,
    services: services.map((view) => ({ ...NOT_OBSERVED, ...NO_GATES, ...view })),
  };
};

const readRunServices = async (db: Db, id: string): Promise<readonly ServiceView[]> => {
  const services = await db
    .selectFrom('run_services')
    .select('view')
    .where('run_id', '=', id)
    .orderBy('position')
    .execute();
  return services.map(({ view }) => readJson<ServiceView>(view));
};

const countRunServices = async (db: Db, id: string): Promise<RunSummary['counts']> => {
  const verdicts = await db
    .selectFrom('run_services')
    .select((eb) => ['verdict', eb.fn.countAll<number>().as('count')])
    .where('run_id', '=', id)
    .groupBy('verdict')
    .execute();
  return Object.fromEntries(verdicts.map(({ verdict, count }) => [verdict, count]));
};

const toSummary = async (db: Db, row: Selectable<RunRow>): Promise<RunSummary> => {
  const planned = row.dry_run === 1 ? await readPlanCounts(db, row.id) : null;
  return summaryOf(row, planned ?? (await countRunServices(db, row.id)));
};

/** A run without its services, with the given counts by verdict. */
export const summaryOf = (row: Selectable<RunRow>, counts: RunSummary['counts']): RunSummary => ({
  id: row.id,
  state: row.state,
  reason: row.reason,
  dryRun: row.dry_run === 1,
  origin: row.origin,
  by: row.actor,
  progress: readJson(row.progress),
  startedAt: rfc3339(row.started_at),
  endedAt: optionalRfc3339(row.ended_at),
  counts,
});
