import type { Query } from '../sqlite/open-store.ts';
import { isAmong } from '../query/fragments.ts';
import type { TriggerRow } from '../tables/deployments.ts';

export type Trigger = { readonly kind: TriggerRow['kind']; readonly source: string };

/**
 * Number of triggers of each kind that a deployment keeps: the first and the newest. A webhook finds its deployments
 * through its check, so two are enough to show; runs and people are few.
 */
const KEPT: Readonly<Record<Trigger['kind'], number>> = {
  hook: 2,
  'smart-redeploy': 20,
  schedule: 20,
  person: 20,
};

/** The triggers of a deployment, oldest first. */
export const readTriggers = async (query: Query, deployment: string): Promise<readonly Trigger[]> =>
  query
    .selectFrom('triggers')
    .select(['kind', 'source'])
    .where('deployment_id', '=', deployment)
    .orderBy('at')
    .execute();

/** Whether one of these came after a time, ms since the epoch: a webhook, a run that began, or a person. */
export const isAskedAfter = async (
  query: Query,
  triggers: readonly Trigger[],
  at: number,
): Promise<boolean> => {
  if (triggers.some(({ kind }) => kind === 'person')) return true;
  const hooks = triggers.filter(({ kind }) => kind === 'hook').map(({ source }) => source);
  const runs = triggers.filter(({ kind }) => kind !== 'hook').map(({ source }) => source);
  const push = await query
    .selectFrom('pushes')
    .select('id')
    .where((eb) => isAmong(eb.ref('delivery_id'), hooks))
    .where('received_at', '>', at)
    .limit(1)
    .executeTakeFirst();
  if (push !== undefined) return true;
  const run = await query
    .selectFrom('runs')
    .select('id')
    .where((eb) => isAmong(eb.ref('id'), runs))
    .where('started_at', '>', at)
    .limit(1)
    .executeTakeFirst();
  return run !== undefined;
};

/** Adds triggers of a deployment, oldest first, as part of the caller's transaction. */
export const addTriggers = async (
  query: Query,
  deployment: string,
  triggers: readonly Trigger[],
  now: number,
): Promise<void> => {
  for (const [kind, all] of Map.groupBy(triggers, (trigger) => trigger.kind)) {
    await addOfKind(
      query,
      { deployment, kind },
      all.map(({ source }) => source),
      now,
    );
  }
};

const addOfKind = async (
  query: Query,
  { deployment, kind }: { readonly deployment: string; readonly kind: Trigger['kind'] },
  sources: readonly string[],
  now: number,
): Promise<void> => {
  const before = await query
    .selectFrom('triggers')
    .select('source')
    .where('deployment_id', '=', deployment)
    .where('kind', '=', kind)
    .orderBy('at')
    .orderBy('source')
    .execute();
  const known = before.map(({ source }) => source);
  const all = [...new Set([...known, ...sources])];
  const kept = new Set([...all.slice(0, 1), ...all.slice(1).slice(1 - KEPT[kind])]);
  const gone = known.filter((source) => !kept.has(source));
  const added = [...kept].filter((source) => !known.includes(source));
  if (gone.length > 0) {
    await query
      .deleteFrom('triggers')
      .where('deployment_id', '=', deployment)
      .where('kind', '=', kind)
      .where('source', 'in', gone)
      .execute();
  }
  if (added.length === 0) return;
  await query
    .insertInto('triggers')
    .values(added.map((source) => ({ deployment_id: deployment, kind, source, at: now })))
    .execute();
};
