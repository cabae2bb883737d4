import type { ReportedDeployment } from '../../core/forge/combine-report.ts';
import type { Digest } from '../../core/image/digest.ts';
import type { Gate } from '../../core/policy/gates/gate-state.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import { isUndecided } from '../holds/undecided.ts';
import { readJson, readOptionalJson } from '../query/json.ts';
import type { Db, Query } from '../query/db.ts';
import { findOrMakeReport, type ReportLinks } from './link-report.ts';
import type { ReportKey } from './reports.ts';

/** A service that waits for an image, and whose present wait is missing from its report. */
export type WaitToTell = {
  readonly cluster: string;
  readonly serviceId: string;
  readonly serviceName: string;
  /** Registry and repository. */
  readonly name: string;
  readonly tag: string;
  readonly digest: Digest;
  readonly fromTag: string;
  /** Null if it is unknown what runs. */
  readonly from: Digest | null;
  /** JSON. */
  readonly gates: string;
  readonly since: number;
  /** The builds of the waiting and the running image; null if they have no build labels. */
  readonly build: BuildFacts | null;
  readonly before: BuildFacts | null;
};

/** At most `limit` waits whose images were read. */
export const readWaitsToTell = async (db: Db, limit: number): Promise<readonly WaitToTell[]> => {
  const rows = await db
    .selectFrom('waiting')
    .innerJoin('build_facts as target', 'target.digest', 'waiting.digest')
    .leftJoin('build_facts as present', 'present.digest', 'waiting.from_digest')
    .leftJoin('forge_waiting as told', (join) =>
      join
        .onRef('told.cluster', '=', 'waiting.cluster')
        .onRef('told.service_id', '=', 'waiting.service_id')
        .onRef('told.digest', '=', 'waiting.digest'),
    )
    .selectAll('waiting')
    .select(['target.facts as build', 'present.facts as before'])
    .where(isUndecided())
    .where((eb) =>
      eb.or([eb('waiting.from_digest', '=', ''), eb('present.digest', 'is not', null)]),
    )
    .where((eb) =>
      eb.or([
        eb('told.digest', 'is', null),
        eb('told.ended', 'is not', null),
        eb('told.since', '!=', eb.ref('waiting.candidate_since')),
        eb('told.gates', '!=', eb.ref('waiting.gates')),
        eb('told.tag', '!=', eb.ref('waiting.tag')),
        eb('told.from_tag', '!=', eb.ref('waiting.from_tag')),
        eb('told.from_digest', '!=', eb.ref('waiting.from_digest')),
        eb('told.service_name', '!=', eb.ref('waiting.service_name')),
      ]),
    )
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    cluster: row.cluster,
    serviceId: row.service_id,
    serviceName: row.service_name,
    name: row.name,
    tag: row.tag,
    digest: row.digest as Digest,
    fromTag: row.from_tag,
    from: row.from_digest === '' ? null : (row.from_digest as Digest),
    gates: row.gates,
    since: row.candidate_since,
    build: readJson<BuildFacts | null>(row.build),
    before: readOptionalJson<BuildFacts | null>(row.before),
  }));
};

/** The report about it, and its pages; null if no forge gets one. */
export type WaitTarget = { readonly key: ReportKey; readonly links: ReportLinks } | null;

/** Adds the present wait of a service to the report of its commit. */
export const putWait = async (db: Db, wait: WaitToTell, target: WaitTarget): Promise<void> =>
  db.transaction().execute(async (query) => {
    const report =
      target === null
        ? null
        : await findOrMakeReport(query, { deployment: null, key: target.key }, target.links);
    const row = {
      service_name: wait.serviceName,
      from_tag: wait.fromTag,
      from_digest: wait.from ?? '',
      tag: wait.tag,
      gates: wait.gates,
      since: wait.since,
      report_id: report,
      commit_url: target?.links.commitUrl ?? null,
      compare_url: target?.links.compareUrl ?? null,
      pull_request_url: target?.links.pullRequestUrl ?? null,
      ended: null,
      replaced_by: null,
      is_told: 0,
    };
    const { cluster, serviceId: service_id, digest } = wait;
    await query
      .insertInto('forge_waiting')
      .values({ cluster, service_id, digest, ...row })
      .onConflict((conflict) =>
        conflict.columns(['cluster', 'service_id', 'digest']).doUpdateSet(row),
      )
      .execute();
  });

/** Makes waits without a report be checked again, for example after a change of the configuration. */
export const forgetUntoldWaits = async (db: Db): Promise<void> => {
  await db.deleteFrom('forge_waiting').where('report_id', 'is', null).execute();
};

type ReportedWait = Omit<ReportedDeployment, 'id'> & {
  readonly id: null;
  readonly since: number;
};

/** The waits that a report is about, longest first. */
export const readReportedWaits = async (
  query: Query,
  report: string,
): Promise<readonly ReportedWait[]> => {
  const rows = await query
    .selectFrom('forge_waiting')
    .selectAll()
    .where('report_id', '=', report)
    .orderBy('since')
    .orderBy('digest')
    .execute();
  return rows.map((row) => ({
    id: null,
    cluster: row.cluster,
    since: row.since,
    serviceId: row.service_id,
    serviceName: row.service_name,
    fromTag: row.from_tag,
    toTag: row.tag,
    failure: null,
    revertedTo: null,
    supersededBy: row.replaced_by,
    ...standingOf(row),
  }));
};

const standingOf = ({
  ended,
  gates,
}: {
  readonly ended: string | null;
  readonly gates: string;
}): Pick<ReportedDeployment, 'state' | 'reason'> => {
  switch (ended) {
    case null: {
      const details = readJson<readonly Gate[]>(gates).map(({ detail }) => detail);
      return { state: 'waiting', reason: details.join('; ') };
    }
    case 'replaced':
      return { state: 'superseded', reason: null };
    // A forge may be public. Only people who sign in see who rejected it, and why.
    case 'rejected':
      return { state: 'refused', reason: 'a person rejected it' };
    case 'expired':
      return { state: 'refused', reason: 'not approved in time' };
    case 'current':
      return { state: 'skipped', reason: 'already-current' };
    default:
      return { state: 'skipped', reason: 'no-longer-waiting' };
  }
};
