import type { Selectable } from 'kysely';
import { pullingSince } from '../../core/swarm/pulling.ts';
import { alsoHeld } from '../../core/rollout/also-held.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import type { DeploymentView, StepView, TriggerView } from '../../core/contract/views.ts';
import type { SpecChange } from '../../core/swarm/spec-changes.ts';
import { readFailure } from '../query/read-failure.ts';
import { optionalRfc3339, readJson, readOptionalJson, rfc3339 } from '../query/json.ts';
import type { Db } from '../query/db.ts';
import type { DeploymentRow, StepRow, TriggerRow } from '../tables/deployments.ts';

export const toViews = async (
  db: Db,
  rows: readonly Selectable<DeploymentRow>[],
  wanted: 'every step' | 'no tasks' = 'no tasks',
): Promise<DeploymentView[]> => {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const [steps, triggers, pushes] = await Promise.all([
    db
      .selectFrom('deployment_steps')
      .selectAll()
      .where('deployment_id', 'in', ids)
      .$if(wanted === 'no tasks', (query) => query.where('step', '!=', 'tasks'))
      .orderBy('id')
      .execute(),
    db.selectFrom('triggers').selectAll().where('deployment_id', 'in', ids).orderBy('at').execute(),
    countPushes(db, ids),
  ]);
  const stepsOf = Map.groupBy(steps, (step) => step.deployment_id);
  const stepsShown = (id: string): readonly StepView[] => (stepsOf.get(id) ?? []).map(toStep);
  const triggersOf = Map.groupBy(triggers, (trigger) => trigger.deployment_id);
  const alsoHeldShown = (id: string): Pick<DeploymentView, 'alsoHeld'> => {
    const digests = alsoHeld(stepsShown(id));
    return digests.length === 0 ? {} : { alsoHeld: digests };
  };
  return rows.map((row) => ({
    id: row.id,
    cluster: row.cluster,
    service: { id: row.service_id, name: row.service_name },
    image: `${row.name}:${row.tag}`,
    from: row.from_digest,
    to: row.to_digest,
    fromTag: row.from_tag ?? row.tag,
    toTag: row.tag,
    cause: row.cause,
    state: row.state,
    reason: row.reason,
    triggers: (triggersOf.get(row.id) ?? []).map(toTrigger),
    triggerCount: countTriggers(triggersOf.get(row.id) ?? [], pushes.get(row.id) ?? 0),
    queuedAt: rfc3339(row.queued_at),
    startedAt: optionalRfc3339(row.started_at),
    endedAt: optionalRfc3339(row.ended_at),
    pullingSince: pullingSince(stepsShown(row.id), row.ended_at === null),
    ...alsoHeldShown(row.id),
    steps: stepsShown(row.id),
    failure: readFailure(row.failure),
    build: readOptionalJson<BuildFacts>(row.build),
    changes: readOptionalJson<readonly SpecChange[]>(row.changes),
  }));
};

/** The number of pushes that led to each deployment, from the checks that queued or joined it. */
const countPushes = async (
  db: Db,
  deployments: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const rows = await db
    .selectFrom('check_deployments')
    .innerJoin('checks', 'checks.id', 'check_deployments.check_id')
    .select((eb) => ['deployment_id', eb.fn.sum<number>('checks.pushes').as('pushes')])
    .where('deployment_id', 'in', deployments)
    .groupBy('deployment_id')
    .execute();
  return new Map(rows.map((row) => [row.deployment_id, row.pushes]));
};

/** Only two webhook triggers are kept. Triggers from an earlier version are all kept. */
const countTriggers = (kept: readonly Selectable<TriggerRow>[], pushes: number): number => {
  const hooks = kept.filter(({ kind }) => kind === 'hook').length;
  return kept.length - hooks + Math.max(hooks, pushes);
};

const toStep = (row: Selectable<StepRow>): StepView => ({
  at: rfc3339(row.at),
  step: row.step,
  detail: readJson(row.detail),
});

const toTrigger = ({ kind, source }: Selectable<TriggerRow>): TriggerView => {
  switch (kind) {
    case 'hook':
      return { kind, delivery: source };
    case 'smart-redeploy':
    case 'schedule':
      return { kind, run: source };
    case 'person':
      return { kind, actor: source };
    default:
      return kind satisfies never;
  }
};
