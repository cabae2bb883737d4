import type { Selectable } from 'kysely';
import type { ForgeView } from '../../core/forge/forge-view.ts';
import type { ForgeReport } from '../../core/forge/report.ts';
import type { Db } from '../query/db.ts';
import type { ForgeReportRow } from '../tables/forge.ts';

/** The subject of a report. */
export type ReportKey = {
  readonly forge: string;
  readonly repository: string;
  readonly commit: string;
  readonly environment: string;
};

/**
 * The source repository that an image may report to: the one that was first seen for it. `found` is stored if there is
 * none yet. Anyone who builds an image can write its labels, so a later one never replaces it.
 */
export const sourceOf = async (
  db: Db,
  image: string,
  found: Pick<ReportKey, 'forge' | 'repository'>,
  now: number,
): Promise<Pick<ReportKey, 'forge' | 'repository'>> => {
  await db
    .insertInto('forge_sources')
    .values({ image, ...found, seen_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return db
    .selectFrom('forge_sources')
    .select(['forge', 'repository'])
    .where('image', '=', image)
    .executeTakeFirstOrThrow();
};

/** The reports of deployments, by deployment. */
export const reportsOf = async (
  db: Db,
  deployments: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  if (deployments.length === 0) return new Map();
  const rows = await db
    .selectFrom('forge_deployments')
    .selectAll()
    .where('deployment_id', 'in', deployments)
    .execute();
  return new Map(rows.map((row) => [row.deployment_id, row.report_id]));
};

/** Removes the records of these ends. Their reports stay. */
export const dropForgeEnds = async (db: Db, deployments: readonly string[]): Promise<void> => {
  if (deployments.length === 0) return;
  await db.deleteFrom('forge_ends').where('deployment_id', 'in', deployments).execute();
};

/** A report that is waiting to be sent. */
export type WaitingReport = Omit<ForgeReport, 'logUrl'> & {
  /** Path of the most informative dashboard page, after `#/`. */
  readonly page: string;
  readonly runAt: number;
  readonly attempts: number;
  /** Number of the report's change. */
  readonly change: number;
  /** ms since the epoch. */
  readonly changedAt: number;
};

const toWaiting = (row: Selectable<ForgeReportRow>): WaitingReport => ({
  id: row.id,
  repository: row.repository,
  commit: row.commit_sha,
  ref: row.ref,
  environment: row.environment,
  state: row.state,
  description: row.description,
  environmentUrl: row.environment_url,
  remoteId: row.remote_id,
  page: row.page ?? `deployments/${row.deployment_id}`,
  runAt: row.run_at,
  attempts: row.attempts,
  change: row.change,
  changedAt: row.changed_at,
});

/** The next report to send to the forge, due or not; null if none waits. */
export const nextReport = async (db: Db, forge: string): Promise<WaitingReport | null> => {
  const row = await db
    .selectFrom('forge_reports')
    .selectAll()
    .where('forge', '=', forge)
    .where('delivery', '=', 'waiting')
    .orderBy('run_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : toWaiting(row);
};

export type SendEnd =
  | { readonly kind: 'sent'; readonly remoteId: string | null; readonly url: string | null }
  | { readonly kind: 'failed'; readonly remoteId: string | null; readonly detail: string }
  /** `runAt` is when to send it again, ms since the epoch. */
  | {
      readonly kind: 'again';
      readonly remoteId: string | null;
      readonly runAt: number;
      readonly detail: string;
    };

/** Records the result of an attempt. Changes of the report made meanwhile are sent afterwards. */
export const recordSend = async (
  db: Db,
  { id, change }: Pick<WaitingReport, 'id' | 'change'>,
  end: SendEnd,
  now: number,
): Promise<void> => {
  await db.transaction().execute(async (query) => {
    await query
      .updateTable('forge_reports')
      .set({
        remote_id: end.remoteId,
        ...(end.kind === 'sent' && end.url !== null ? { remote_url: end.url } : {}),
      })
      .where('id', '=', id)
      .execute();
    await query
      .updateTable('forge_reports')
      .set((eb) => ({
        attempts: eb('attempts', '+', 1),
        last_error: end.kind === 'sent' ? null : end.detail,
        ...(end.kind === 'again' ? { run_at: end.runAt, set_at: now } : { delivery: end.kind }),
      }))
      .where('id', '=', id)
      .where('change', '=', change)
      .execute();
  });
};

/** Gives up what waits for forges that are no longer configured, and returns the number. */
export const giveUpOtherForges = async (db: Db, forges: readonly string[]): Promise<number> => {
  let query = db
    .updateTable('forge_reports')
    .set({ delivery: 'failed', last_error: 'the forge is no longer configured' })
    .where('delivery', '=', 'waiting');
  if (forges.length > 0) query = query.where('forge', 'not in', forges);
  return Number((await query.executeTakeFirst()).numUpdatedRows);
};

/** Null if no forge gets a report about the deployment. */
export const readForgeView = async (db: Db, deployment: string): Promise<ForgeView | null> => {
  const row = await db
    .selectFrom('forge_deployments')
    .innerJoin('forge_reports', 'forge_reports.id', 'forge_deployments.report_id')
    .selectAll('forge_reports')
    .select(['commit_url', 'compare_url', 'pull_request_url'])
    .where('forge_deployments.deployment_id', '=', deployment)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    forge: row.forge,
    repository: row.repository,
    commit: row.commit_sha,
    environment: row.environment,
    state: row.state,
    delivery: row.delivery,
    url: row.remote_url,
    commitUrl: row.commit_url,
    compareUrl: row.compare_url,
    pullRequestUrl: row.pull_request_url,
    lastError: row.last_error,
  };
};

/** Removes reports that last changed before a time, with their contents, unless something waits. Returns the number. */
export const pruneReports = async (db: Db, before: number): Promise<number> =>
  Number(
    (
      await db
        .deleteFrom('forge_reports')
        .where('changed_at', '<', before)
        .where('delivery', '!=', 'waiting')
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('forge_waiting')
                .select('forge_waiting.digest')
                .whereRef('forge_waiting.report_id', '=', 'forge_reports.id')
                .where('forge_waiting.ended', 'is', null),
            ),
          ),
        )
        .executeTakeFirst()
    ).numDeletedRows,
  );
