import { expressionBuilder } from 'kysely';
import type { ReportedDeployment } from '../../core/forge/combine-report.ts';
import type { Digest } from '../../core/image/digest.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import { readJson, readOptionalJson } from '../query/json.ts';
import { IS_OPEN } from '../query/open-states.ts';
import type { Db, Query } from '../query/db.ts';
import { readFailure } from '../query/read-failure.ts';
import type { Tables } from '../tables/tables.ts';
import { readReportedWaits } from './waits.ts';

/** A deployment that is open, or that ended before forges were told. */
export type ForgeCandidate = {
  readonly id: string;
  readonly cluster: string;
  /** Registry and repository of its image. */
  readonly name: string;
  readonly tag: string;
  readonly to: Digest | null;
  readonly build: BuildFacts | null;
  /** The same, as read while the image waited at a gate. */
  readonly read: BuildFacts | null;
  /** Of the image that ran before, if known. */
  readonly before: BuildFacts | null;
  readonly isEnded: boolean;
  /** From the service's label. */
  readonly environmentUrl: string | null;
  /** ms since the epoch. */
  readonly queuedAt: number;
};

/** The build of the image that a deployment replaces, from the deployment that brought it. */
const buildBefore = () =>
  expressionBuilder<Tables, 'deployments'>()
    .selectFrom('deployments as before')
    .select('before.build')
    .whereRef('before.cluster', '=', 'deployments.cluster')
    .whereRef('before.service_id', '=', 'deployments.service_id')
    .whereRef('before.to_digest', '=', 'deployments.from_digest')
    .where('before.build', 'is not', null)
    .orderBy('before.id', 'desc')
    .limit(1)
    .as('before_build');

/** The build facts of an image, read while it waited at a gate. */
const factsRead = <Name extends string>(which: 'to_digest' | 'from_digest', name: Name) =>
  expressionBuilder<Tables, 'deployments'>()
    .selectFrom('build_facts')
    .select('facts')
    .whereRef('build_facts.digest', '=', `deployments.${which}`)
    .as(name);

/** At most `limit`, oldest first. */
export const readForgeCandidates = async (
  db: Db,
  limit: number,
): Promise<readonly ForgeCandidate[]> => {
  const columns = [
    'deployments.id',
    'cluster',
    'name',
    'tag',
    'to_digest',
    'build',
    'ended_at',
    'environment_url',
    'queued_at',
  ] as const;
  const whatIsKnown = [
    buildBefore(),
    factsRead('to_digest', 'facts'),
    factsRead('from_digest', 'before_facts'),
  ] as const;
  const open = await db
    .selectFrom('deployments')
    .select(columns)
    .select(whatIsKnown)
    .where(IS_OPEN)
    .orderBy('deployments.id')
    .limit(limit)
    .execute();
  const ended = await db
    .selectFrom('forge_ends')
    .innerJoin('deployments', 'deployments.id', 'forge_ends.deployment_id')
    .select(columns)
    .select(whatIsKnown)
    .orderBy('deployments.id')
    .limit(limit)
    .execute();
  return [...ended, ...open].map((row) => ({
    id: row.id,
    cluster: row.cluster,
    name: row.name,
    tag: row.tag,
    to: row.to_digest as Digest | null,
    build: readOptionalJson<BuildFacts>(row.build),
    read: readOptionalJson<BuildFacts | null>(row.facts),
    before:
      readOptionalJson<BuildFacts>(row.before_build) ??
      readOptionalJson<BuildFacts | null>(row.before_facts),
    isEnded: row.ended_at !== null,
    environmentUrl: row.environment_url,
    queuedAt: row.queued_at,
  }));
};

const nameOfBuild = (build: string | null): string | null => {
  const facts = readOptionalJson<BuildFacts>(build);
  return facts?.version ?? facts?.revision?.slice(0, 7) ?? null;
};

type Reported = ReportedDeployment & { readonly environmentUrl: string | null };

/** Everything that a report is about, in the order in which it was queued or began to wait. */
export const readReported = async (db: Query, report: string): Promise<readonly Reported[]> => {
  const rows = await db
    .selectFrom('forge_deployments')
    .innerJoin('deployments', 'deployments.id', 'forge_deployments.deployment_id')
    .selectAll('deployments')
    .select((eb) => [
      eb
        .selectFrom('deployments as later')
        .select('later.build')
        .whereRef('later.cluster', '=', 'deployments.cluster')
        .whereRef('later.service_id', '=', 'deployments.service_id')
        .whereRef('later.id', '>', 'deployments.id')
        .orderBy('later.id')
        .limit(1)
        .as('later_build'),
    ])
    .where('forge_deployments.report_id', '=', report)
    .orderBy('deployments.id')
    .execute();
  const reverted = rows.filter(({ state }) => state === 'rolled-back').map(({ id }) => id);
  const revertedTo = await readReverted(db, reverted);
  const deployments = rows.map((row) => ({
    id: row.id,
    cluster: row.cluster,
    queuedAt: row.queued_at,
    serviceId: row.service_id,
    serviceName: row.service_name,
    state: row.state,
    reason: row.reason,
    fromTag: row.from_tag ?? row.tag,
    toTag: row.tag,
    failure: readFailure(row.failure)?.message ?? null,
    revertedTo: revertedTo.get(row.id) ?? null,
    supersededBy:
      row.state === 'superseded'
        ? (readOptionalJson<BuildFacts>(row.later_build)?.revision ?? null)
        : null,
    environmentUrl: row.environment_url,
  }));
  return inOrder(deployments, await readReportedWaits(db, report));
};

/** A wait comes before the deployments of its service that were queued since. */
const inOrder = (
  deployments: readonly (Reported & { readonly queuedAt: number })[],
  waits: readonly (ReportedDeployment & { readonly since: number })[],
): readonly Reported[] => {
  const all: Reported[] = [...deployments];
  for (const wait of waits) {
    const next = deployments.find(
      ({ cluster, serviceId, queuedAt }) =>
        cluster === wait.cluster && serviceId === wait.serviceId && queuedAt >= wait.since,
    );
    const index = next === undefined ? all.length : all.indexOf(next);
    all.splice(index, 0, { ...wait, environmentUrl: null });
  }
  return all;
};

/** What deployments went back to, by their ids: a version, a commit, or a short digest. */
const readReverted = async (
  db: Query,
  deployments: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  if (deployments.length === 0) return new Map();
  const steps = await db
    .selectFrom('deployment_steps')
    .select(['deployment_id', 'detail'])
    .where('deployment_id', 'in', deployments)
    .where('step', '=', 'rolled-back')
    .execute();
  const digests = steps.flatMap(({ deployment_id: id, detail }) => {
    const { takenBackTo, rolledBackTo } = readJson<Readonly<Record<string, unknown>>>(detail);
    const to = takenBackTo ?? rolledBackTo;
    return typeof to === 'string' ? [[id, to] as const] : [];
  });
  if (digests.length === 0) return new Map();
  const builds = await db
    .selectFrom('deployments')
    .select(['to_digest', 'build'])
    .where(
      'to_digest',
      'in',
      digests.map(([, digest]) => digest),
    )
    .where('build', 'is not', null)
    .execute();
  const nameOf = new Map(builds.map(({ to_digest: to, build }) => [to, nameOfBuild(build)]));
  return new Map(
    digests.map(([id, to]) => [id, nameOf.get(to) ?? to.slice(0, 'sha256:'.length + 12)]),
  );
};
