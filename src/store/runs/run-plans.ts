import type { RunSummary } from '../../core/contract/run-views.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import { readJson } from '../query/json.ts';
import type { Query } from '../sqlite/open-store.ts';

type Counts = RunSummary['counts'];

const countVerdicts = (services: readonly ServiceView[]): Counts => {
  const counts: { -readonly [verdict in keyof Counts]: Counts[verdict] } = {};
  for (const { verdict } of services) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
};

/** Stores the result of a dry run, and returns its number of services by verdict. */
export const putRunPlan = async (
  query: Query,
  run: string,
  services: readonly ServiceView[],
): Promise<Counts> => {
  const counts = countVerdicts(services);
  await query
    .insertInto('run_plans')
    .values({ run_id: run, counts: JSON.stringify(counts), services: JSON.stringify(services) })
    .execute();
  return counts;
};

/** Services of a dry run by verdict; null if it found nothing, or ran before plans were stored. */
export const readPlanCounts = async (query: Query, run: string): Promise<Counts | null> => {
  const row = await query
    .selectFrom('run_plans')
    .select('counts')
    .where('run_id', '=', run)
    .executeTakeFirst();
  return row === undefined ? null : readJson(row.counts);
};

/** The result of a dry run, or null as for {@link readPlanCounts}. */
export const readPlanServices = async (
  query: Query,
  run: string,
): Promise<readonly ServiceView[] | null> => {
  const row = await query
    .selectFrom('run_plans')
    .select('services')
    .where('run_id', '=', run)
    .executeTakeFirst();
  return row === undefined ? null : readJson(row.services);
};
