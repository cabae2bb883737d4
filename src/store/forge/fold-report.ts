import { type CombinedReport, combineReport } from '../../core/forge/combine-report.ts';
import { pathOfPage } from '../../core/forge/report.ts';
import type { Db, Query } from '../query/db.ts';
import { readReported } from './candidates.ts';

/**
 * Computes the current state of a report, and stores it for sending if it differs from the stored one. True if there is
 * something new to send.
 */
export const foldReport = (db: Db, report: string, now: number): Promise<boolean> =>
  db.transaction().execute(async (query) => {
    await query
      .updateTable('forge_waiting')
      .set({ is_told: 1 })
      .where('report_id', '=', report)
      .where('is_told', '=', 0)
      .execute();
    const reported = await readReported(query, report);
    const [first, ...others] = reported;
    if (first === undefined) return false;
    const environmentUrl =
      reported.findLast((one) => one.environmentUrl !== null)?.environmentUrl ?? null;
    const combined = { ...combineReport([first, ...others]), environmentUrl };
    return keepReport(query, report, combined, now);
  });

/** Reports that do not include the end of a wait yet. */
export const readUntoldReports = async (db: Db): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('forge_waiting')
    .select('report_id')
    .distinct()
    .where('is_told', '=', 0)
    .where('report_id', 'is not', null)
    .execute();
  return rows.flatMap(({ report_id: id }) => (id === null ? [] : [id]));
};

const keepReport = async (
  query: Query,
  id: string,
  combined: CombinedReport & { readonly environmentUrl: string | null },
  now: number,
): Promise<boolean> => {
  const { state, description, page, environmentUrl } = combined;
  const changed = await query
    .updateTable('forge_reports')
    .set((eb) => ({
      state,
      description,
      deployment_id: page.kind === 'deployment' ? page.id : '',
      page: pathOfPage(page),
      environment_url: environmentUrl,
      delivery: 'waiting',
      run_at: now,
      set_at: now,
      attempts: 0,
      last_error: null,
      changed_at: now,
      change: eb('change', '+', 1),
    }))
    .where('id', '=', id)
    .where((eb) =>
      eb.or([
        eb('state', '!=', state),
        eb('description', '!=', description),
        // Nothing was reported yet.
        eb('change', '=', 0),
      ]),
    )
    .$if(combined.isAfterthought, (update) => update.where('change', '>', 0))
    .executeTakeFirst();
  return changed.numUpdatedRows > 0n;
};
