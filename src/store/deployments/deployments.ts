import type { Selectable } from 'kysely';
import type { Digest } from '../../core/image/digest.ts';
import type { Deployment, Intent, Refusals } from '../../core/rollout/deployment.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import type { FailureView } from '../../core/contract/views.ts';
import { noteEndForForges } from '../forge/forge-ends.ts';
import { readOptionalJson } from '../query/json.ts';
import { announceEnd } from '../notices/notifications.ts';
import { IS_OPEN, IS_QUEUED, IS_UNDER_WAY } from '../query/open-states.ts';
import type { Query } from '../sqlite/open-store.ts';
import type { DeploymentRow } from '../tables/deployments.ts';
import type { FinalState } from '../../core/contract/final-state.ts';

export type { Deployment, Intent, Refusals };

/** A step in the history of a deployment. */
export type NewStep = {
  /** ms since the epoch. */
  readonly at: number;
  readonly step: string;
  readonly detail?: Readonly<Record<string, unknown>>;
};

export const addStep = async (
  query: Query,
  deployment: string,
  { at, step, detail = {} }: NewStep,
): Promise<void> => {
  await query
    .insertInto('deployment_steps')
    .values({ deployment_id: deployment, at, step, detail: JSON.stringify(detail) })
    .execute();
};

/** The same for steps on the way. An ended deployment gets no more of them. */
export const addStepOnWay = async (
  query: Query,
  deployment: string,
  { at, step, detail = {} }: NewStep,
): Promise<void> => {
  await query
    .insertInto('deployment_steps')
    .columns(['deployment_id', 'at', 'step', 'detail'])
    .expression((eb) =>
      eb
        .selectFrom('deployments')
        .select((row) => [
          'id',
          row.val(at).as('at'),
          row.val(step).as('step'),
          row.val(JSON.stringify(detail)).as('detail'),
        ])
        .where('id', '=', deployment)
        .where(IS_OPEN),
    )
    .execute();
};

export type DeploymentEnd = {
  readonly state: FinalState;
  readonly reason: string | null;
  readonly failure: FailureView | null;
  /** Additional details of its last step. */
  readonly detail?: Readonly<Record<string, unknown>>;
};

/**
 * Gives an open deployment its final state, and records it for announcement. False if it already has one. Call it in a
 * transaction.
 */
export const endDeployment = async (
  query: Query,
  id: string,
  end: DeploymentEnd,
  now: number,
): Promise<boolean> => {
  const ended = await query
    .updateTable('deployments')
    .set({
      state: end.state,
      reason: end.reason,
      failure: end.failure === null ? null : JSON.stringify(end.failure),
      ended_at: now,
    })
    .where('id', '=', id)
    .where(IS_OPEN)
    .returning('id')
    .executeTakeFirst();
  if (ended === undefined) return false;
  const reason = end.reason === null ? {} : { reason: end.reason };
  await addStep(query, id, { at: now, step: end.state, detail: { ...reason, ...end.detail } });
  await announceEnd(query, id, now);
  await noteEndForForges(query, id);
  return true;
};

const COLUMNS = [
  'id',
  'cluster',
  'service_id',
  'service_name',
  'stack',
  'name',
  'tag',
  'from_tag',
  'from_digest',
  'to_digest',
  'cause',
  'state',
  'queued_at',
  'started_at',
  'ended_at',
  'run_at',
  'deadline_at',
  'attempts',
  'build',
  'intent',
  'gates',
] as const;

type Row = Pick<Selectable<DeploymentRow>, (typeof COLUMNS)[number]>;

const toDeployment = (row: Row): Deployment => ({
  id: row.id,
  cluster: row.cluster,
  serviceId: row.service_id,
  serviceName: row.service_name,
  stack: row.stack,
  name: row.name,
  tag: row.tag,
  fromTag: row.from_tag ?? row.tag,
  // Only valid digests are stored.
  from: row.from_digest as Digest | null,
  to: row.to_digest as Digest | null,
  cause: row.cause,
  state: row.state,
  queuedAt: row.queued_at,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  runAt: row.run_at,
  deadlineAt: row.deadline_at,
  attempts: row.attempts,
  hasBuild: row.build !== null,
  gates: row.gates,
  intent: readOptionalJson<Intent>(row.intent),
});

export type OpenDeployment = Deployment & {
  /** A person asked for it, alone or with other triggers. */
  readonly isAsked: boolean;
};

/** The cluster's open deployments: those in progress first, then in queue order. */
export const openDeployments = async (db: Query, cluster: string): Promise<OpenDeployment[]> => {
  const rows = await db
    .selectFrom('deployments')
    .select(COLUMNS)
    .select((eb) =>
      eb
        .exists(
          eb
            .selectFrom('triggers')
            .select('kind')
            .whereRef('deployment_id', '=', 'deployments.id')
            .where('kind', '=', 'person'),
        )
        .as('is_asked'),
    )
    // Each condition includes the cluster, so each can use its index.
    .where((eb) =>
      eb.or([
        eb.and([eb('cluster', '=', cluster), IS_QUEUED]),
        eb.and([eb('cluster', '=', cluster), IS_UNDER_WAY]),
      ]),
    )
    .orderBy(IS_QUEUED)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ ...toDeployment(row), isAsked: Boolean(row.is_asked) }));
};

/** The deployments of these services that have been sent or are about to be sent. */
export const activeDeployments = async (
  db: Query,
  cluster: string,
): Promise<ReadonlyMap<string, Deployment>> => {
  const rows = await db
    .selectFrom('deployments')
    .select(COLUMNS)
    .where('cluster', '=', cluster)
    .where(IS_UNDER_WAY)
    .execute();
  return new Map(rows.map((row) => [row.service_id, toDeployment(row)]));
};

/** A deployment in its present state, or null if it does not exist. */
export const findDeployment = async (db: Query, id: string): Promise<Deployment | null> => {
  const row = await db
    .selectFrom('deployments')
    .select(COLUMNS)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : toDeployment(row);
};

/** Postpones a deployment by `afterMs`. */
export const postpone = async (
  query: Query,
  id: string,
  now: number,
  afterMs: number,
): Promise<void> => {
  await query
    .updateTable('deployments')
    .set((eb) => ({ run_at: now + afterMs, set_at: now, attempts: eb('attempts', '+', 1) }))
    .where('id', '=', id)
    .execute();
};

/** The same without a failure: the number of tries starts again. */
export const waitFor = async (
  query: Query,
  id: string,
  now: number,
  afterMs: number,
): Promise<void> => {
  await query
    .updateTable('deployments')
    .set({ run_at: now + afterMs, set_at: now, attempts: 0 })
    .where('id', '=', id)
    .execute();
};

/** Records the digest that the cluster chose, once seen, and the tag if it went back to another. */
export const recordTarget = async (
  query: Query,
  id: string,
  to: Digest,
  tag: string | null = null,
): Promise<void> => {
  await query
    .updateTable('deployments')
    .set({ to_digest: to, ...(tag === null ? {} : { tag }) })
    .where('id', '=', id)
    .execute();
};

export const recordBuild = async (query: Query, id: string, build: BuildFacts): Promise<void> => {
  await query
    .updateTable('deployments')
    .set({ build: JSON.stringify(build) })
    .where('id', '=', id)
    .execute();
};

/** Records the address where people see the deployment, from the service's label. */
export const recordShownAt = async (query: Query, id: string, address: string): Promise<void> => {
  await query
    .updateTable('deployments')
    .set({ environment_url: address })
    .where('id', '=', id)
    .execute();
};

/** The last update that the helper sent to a service. */
export type LastSent = {
  readonly id: string;
  /** ms since the epoch. */
  readonly at: number;
  /** What it replaced, if known. */
  readonly from: Digest | null;
  /** What it deployed, if the helper chose it. */
  readonly digest: Digest | null;
};

export const lastSent = async (
  db: Query,
  cluster: string,
  serviceId: string,
): Promise<LastSent | null> => {
  const row = await db
    .selectFrom('deployments')
    .select(['id', 'started_at', 'from_digest', 'to_digest'])
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .where('started_at', 'is not', null)
    .where('state', 'not in', ['queued', 'skipped'])
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined || row.started_at === null) return null;
  return {
    id: row.id,
    at: row.started_at,
    from: row.from_digest as Digest | null,
    digest: row.to_digest as Digest | null,
  };
};
