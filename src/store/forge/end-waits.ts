import type { BuildFacts } from '../../core/image/published.ts';
import { isUndecided } from '../holds/undecided.ts';
import { readJson, readOptionalJson } from '../query/json.ts';
import type { Db, Query } from '../query/db.ts';
import type { ForgeWaitEnd, ForgeWaitingRow } from '../tables/forge.ts';
import { noteEndForForges } from './forge-ends.ts';

type Wait = Pick<
  ForgeWaitingRow,
  | 'cluster'
  | 'service_id'
  | 'digest'
  | 'since'
  | 'report_id'
  | 'commit_url'
  | 'compare_url'
  | 'pull_request_url'
>;

/**
 * Records the outcome of ended waits, from the state of the store. So no code that ends a wait has to report it, and a
 * crash loses none. A resulting deployment replaces the wait in the report. At most `limit`; returns the number.
 */
export const endWaits = (db: Db, limit: number): Promise<number> =>
  db.transaction().execute(async (query) => {
    const over = await query
      .selectFrom('forge_waiting')
      .select([
        'cluster',
        'service_id',
        'digest',
        'since',
        'report_id',
        'commit_url',
        'compare_url',
        'pull_request_url',
      ])
      .where('ended', 'is', null)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('waiting')
              .select('waiting.digest')
              .whereRef('waiting.cluster', '=', 'forge_waiting.cluster')
              .whereRef('waiting.service_id', '=', 'forge_waiting.service_id')
              .whereRef('waiting.digest', '=', 'forge_waiting.digest')
              .where(isUndecided()),
          ),
        ),
      )
      .limit(limit)
      .execute();
    let ended = 0;
    for (const wait of over) {
      const isDeployed = await goOn(query, wait);
      const how = isDeployed || wait.report_id === null ? 'gone' : await endOf(query, wait);
      if (how === 'not-known-yet') continue;
      if (how === 'gone') await remove(query, wait);
      else await end(query, wait, how);
      ended += 1;
    }
    return ended;
  });

/** Whether the wait led to a deployment of the image, which the report is about from now on. */
const goOn = async (query: Query, wait: Wait): Promise<boolean> => {
  const { report_id: report, commit_url: commitUrl } = wait;
  if (report === null) return false;
  const deployment = await query
    .selectFrom('deployments')
    .leftJoin('forge_deployments', 'forge_deployments.deployment_id', 'deployments.id')
    .select(['deployments.id', 'deployments.ended_at', 'forge_deployments.report_id'])
    .where('cluster', '=', wait.cluster)
    .where('service_id', '=', wait.service_id)
    .where('to_digest', '=', wait.digest)
    .where('queued_at', '>=', wait.since)
    .orderBy('deployments.id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (deployment === undefined) return false;
  if (deployment.report_id !== null) return deployment.report_id === report;
  await query
    .insertInto('forge_deployments')
    .values({
      deployment_id: deployment.id,
      report_id: report,
      commit_url: commitUrl ?? '',
      compare_url: wait.compare_url,
      pull_request_url: wait.pull_request_url,
    })
    .execute();
  // Its end may have been processed before it belonged to a report.
  if (deployment.ended_at !== null) await noteEndForForges(query, deployment.id);
  return true;
};

type End = { readonly ended: ForgeWaitEnd; readonly by: string | null };

const endOf = async (
  query: Query,
  { cluster, service_id, digest, since }: Wait,
): Promise<End | 'not-known-yet'> => {
  const hold = await query
    .selectFrom('holds')
    .select('gate')
    .where('cluster', '=', cluster)
    .where('service_id', '=', service_id)
    .where('digest', '=', digest)
    .where('gate', 'is not', null)
    .where('created_at', '>=', since)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  if (hold !== undefined && hold.gate !== null) return { ended: hold.gate, by: null };
  const next = await query
    .selectFrom('waiting')
    .leftJoin('build_facts', 'build_facts.digest', 'waiting.digest')
    .select('facts')
    .where('cluster', '=', cluster)
    .where('service_id', '=', service_id)
    .executeTakeFirst();
  if (next !== undefined) {
    // Its build is still being read.
    if (next.facts === null) return 'not-known-yet';
    const by = readJson<BuildFacts | null>(next.facts)?.revision ?? null;
    return { ended: 'replaced', by };
  }
  const deployed = await query
    .selectFrom('deployments')
    .leftJoin('build_facts', 'build_facts.digest', 'to_digest')
    .select(['build', 'facts'])
    .where('cluster', '=', cluster)
    .where('service_id', '=', service_id)
    .where('to_digest', '!=', digest)
    .where('queued_at', '>', since)
    .orderBy('deployments.id', 'desc')
    .executeTakeFirst();
  if (deployed === undefined) return { ended: 'over', by: null };
  const build =
    readOptionalJson<BuildFacts | null>(deployed.build) ??
    readOptionalJson<BuildFacts | null>(deployed.facts);
  return { ended: 'replaced', by: build?.revision ?? null };
};

const end = async (
  query: Query,
  { cluster, service_id, digest }: Wait,
  { ended, by }: End,
): Promise<void> => {
  await query
    .updateTable('forge_waiting')
    .set({ ended, replaced_by: by, is_told: 0 })
    .where('cluster', '=', cluster)
    .where('service_id', '=', service_id)
    .where('digest', '=', digest)
    .execute();
};

const remove = async (query: Query, { cluster, service_id, digest }: Wait): Promise<void> => {
  await query
    .deleteFrom('forge_waiting')
    .where('cluster', '=', cluster)
    .where('service_id', '=', service_id)
    .where('digest', '=', digest)
    .execute();
};

/**
 * Records that a service runs the image that it waited for, although the helper did not deploy it. Part of the commit
 * that ends the wait.
 */
export const noteRanWaiting = async (
  query: Query,
  {
    cluster,
    serviceId,
    digest,
  }: {
    readonly cluster: string;
    readonly serviceId: string;
    readonly digest: string;
  },
): Promise<void> => {
  await query
    .updateTable('forge_waiting')
    .set({ ended: 'current', is_told: 0 })
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .where('digest', '=', digest)
    .where('ended', 'is', null)
    .where('report_id', 'is not', null)
    .execute();
};
