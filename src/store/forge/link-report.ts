import type { Db, Query } from '../query/db.ts';
import type { ReportKey } from './reports.ts';

/** The forge's pages about a deployment, and the id of the report in case it is new. */
export type ReportLinks = {
  readonly id: string;
  /** Branch or tag that the image was built from. */
  readonly ref: string | null;
  readonly commitUrl: string;
  readonly compareUrl: string | null;
  readonly pullRequestUrl: string | null;
  /** ms since the epoch. */
  readonly now: number;
};

/** Adds a deployment to the report of its commit, which is created if it is missing. Returns the report's id. */
export const linkToReport = async (
  db: Db,
  deployment: string,
  key: ReportKey,
  links: ReportLinks,
): Promise<string> =>
  db.transaction().execute(async (query) => {
    const id = await findOrMakeReport(query, { deployment, key }, links);
    await query
      .insertInto('forge_deployments')
      .values({
        deployment_id: deployment,
        report_id: id,
        commit_url: links.commitUrl,
        compare_url: links.compareUrl,
        pull_request_url: links.pullRequestUrl,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return id;
  });

/** Finds or creates the report of a commit and environment, as part of the caller's transaction. Returns its id. */
export const findOrMakeReport = async (
  query: Query,
  { deployment, key }: { readonly deployment: string | null; readonly key: ReportKey },
  { id: newId, ref, now }: Pick<ReportLinks, 'id' | 'ref' | 'now'>,
): Promise<string> => {
  await query
    .insertInto('forge_reports')
    .values({
      id: newId,
      forge: key.forge,
      repository: key.repository,
      commit_sha: key.commit,
      ref,
      environment: key.environment,
      state: 'queued',
      description: '',
      deployment_id: deployment ?? '',
      environment_url: null,
      remote_id: null,
      remote_url: null,
      // There is nothing to send until its state is known.
      delivery: 'sent',
      run_at: now,
      set_at: now,
      last_error: null,
      changed_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { id } = await query
    .selectFrom('forge_reports')
    .select('id')
    .where('forge', '=', key.forge)
    .where('repository', '=', key.repository)
    .where('commit_sha', '=', key.commit)
    .where('environment', '=', key.environment)
    .executeTakeFirstOrThrow();
  return id;
};
