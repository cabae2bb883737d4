import type { Notice, NoticeTrigger } from '../../core/contract/notice.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import { readFailure } from '../query/read-failure.ts';
import { optionalRfc3339, readJson, readOptionalJson, rfc3339 } from '../query/json.ts';
import type { Db } from '../sqlite/open-store.ts';
import type { StepRow } from '../tables/deployments.ts';

/** A notice, and whether it only repeats the notice of the previous attempt. */
export type ReadNotice = { readonly notice: Notice; readonly isRepetition: boolean };

/** The notices for these ended deployments, in the order in which they were queued. */
export const readNotices = async (
  db: Db,
  deployments: readonly string[],
): Promise<readonly ReadNotice[]> => {
  const rows = await db
    .selectFrom('deployments')
    .selectAll()
    .where('id', 'in', deployments)
    .orderBy('id')
    .execute();
  const triggers = await readTriggers(db, deployments);
  const steps = await db
    .selectFrom('deployment_steps')
    .select(['deployment_id', 'step', 'detail'])
    .where('deployment_id', 'in', deployments)
    .where('step', 'in', ['queued', 'succeeded', 'rolled-back'])
    .orderBy('id')
    .execute();
  const stepsOf = Map.groupBy(steps, (step) => step.deployment_id);
  const before = await readTriedBefore(db, steps);
  return rows.flatMap((row) => {
    const { state, ended_at: endedAt } = row;
    if (endedAt === null || state === 'queued' || state === 'updating' || state === 'verifying')
      return [];
    const own = stepsOf.get(row.id) ?? [];
    const earlier = before.get(row.id);
    const isRepetition = earlier?.state === state && earlier.reason === row.reason;
    const notice: Notice = {
      id: row.id,
      cluster: row.cluster,
      service: { id: row.service_id, name: row.service_name },
      stack: row.stack,
      image: `${row.name}:${row.tag}`,
      from: row.from_digest,
      to: row.to_digest,
      fromTag: row.from_tag ?? row.tag,
      toTag: row.tag,
      runs: runsAfter(own) ?? (state === 'rolled-back' ? row.from_digest : null),
      cause: row.cause,
      state,
      reason: row.reason,
      failure: readFailure(row.failure),
      build: readOptionalJson<BuildFacts>(row.build),
      triggers: triggers.get(row.id) ?? [],
      queuedAt: rfc3339(row.queued_at),
      startedAt: optionalRfc3339(row.started_at),
      endedAt: rfc3339(endedAt),
    };
    return [{ notice, isRepetition }];
  });
};

type Step = Pick<StepRow, 'deployment_id' | 'step' | 'detail'>;

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** The digest that runs now, according to the last step. */
const runsAfter = (steps: readonly Step[]): string | null => {
  const last = steps.findLast(({ step }) => step !== 'queued');
  if (last === undefined) return null;
  const detail = readJson<Readonly<Record<string, unknown>>>(last.detail);
  return textOf(detail['digest'] ?? detail['takenBackTo'] ?? detail['rolledBackTo']);
};

/** The ends of the deployments that some of these retry. */
const readTriedBefore = async (
  db: Db,
  steps: readonly Step[],
): Promise<ReadonlyMap<string, { readonly state: string; readonly reason: string | null }>> => {
  const retryOf = new Map<string, string>();
  for (const { deployment_id: id, step, detail } of steps) {
    if (step !== 'queued') continue;
    const earlier = textOf(readJson<Readonly<Record<string, unknown>>>(detail)['retryOf']);
    if (earlier !== null) retryOf.set(id, earlier);
  }
  if (retryOf.size === 0) return new Map();
  const rows = await db
    .selectFrom('deployments')
    .select(['id', 'state', 'reason'])
    .where('id', 'in', [...retryOf.values()])
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return new Map(
    [...retryOf].flatMap(([id, earlier]) => {
      const found = byId.get(earlier);
      return found === undefined ? [] : [[id, found] as const];
    }),
  );
};

const readTriggers = async (
  db: Db,
  deployments: readonly string[],
): Promise<ReadonlyMap<string, readonly NoticeTrigger[]>> => {
  const rows = await db
    .selectFrom('triggers')
    .leftJoin('deliveries', (join) =>
      join.onRef('deliveries.id', '=', 'triggers.source').on('triggers.kind', '=', 'hook'),
    )
    .leftJoin('runs', (join) =>
      join
        .onRef('runs.id', '=', 'triggers.source')
        .on('triggers.kind', 'in', ['smart-redeploy', 'schedule']),
    )
    .select(['triggers.deployment_id', 'triggers.kind', 'triggers.source', 'sender', 'runs.actor'])
    .where('triggers.deployment_id', 'in', deployments)
    .orderBy('triggers.at')
    .orderBy('triggers.kind')
    .orderBy('triggers.source')
    .execute();
  const byDeployment = Map.groupBy(rows, (row) => row.deployment_id);
  return new Map(
    [...byDeployment].map(([id, found]) => [
      id,
      found.map(({ kind, source, sender, actor }) => ({ kind, source, by: sender ?? actor })),
    ]),
  );
};
