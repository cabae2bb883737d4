import type { Digest } from '../../core/image/digest.ts';
import { imageName } from '../../core/image/image-reference.ts';
import type { Cause } from '../../core/verdict/plan.ts';
import type { DeploymentGates } from '../../core/rollout/deployment.ts';
import { presentTag, type Service } from '../../core/swarm/service.ts';
import { addStep, endDeployment, type Intent } from './deployments.ts';
import { holdFailed } from '../holds/holds.ts';
import { readOptionalJson } from '../query/json.ts';
import { IS_QUEUED, IS_UNDER_WAY } from '../query/open-states.ts';
import type { Query } from '../sqlite/open-store.ts';
import { addTriggers, isAskedAfter, type Trigger } from './triggers.ts';

export type NewDeployment = {
  readonly id: string;
  readonly cluster: string;
  readonly service: Service;
  readonly image: { readonly registry: string; readonly repository: string; readonly tag: string };
  readonly from: Digest | null;
  readonly to: Digest | null;
  readonly cause: Cause;
  readonly triggers: readonly Trigger[];
  /** How it passed gates; missing or null if there were none. */
  readonly gates?: DeploymentGates;
};

/**
 * Queues a deployment, as part of the caller's transaction, and returns the id of the deployment that will do it. Joins
 * an open one for the same service and digest, and supersedes one for another digest, because the newest wins.
 */
export const queueDeployment = async (
  query: Query,
  wanted: NewDeployment,
  now: number,
): Promise<{ id: string; joined: boolean }> => {
  const open = await query
    .selectFrom('deployments')
    .select(['id', 'to_digest', 'cause', 'state', 'intent', 'queued_at', 'follows'])
    .where('cluster', '=', wanted.cluster)
    .where('service_id', '=', wanted.service.id)
    .where((eb) => eb.or([IS_QUEUED, IS_UNDER_WAY]))
    .orderBy('id')
    .execute();
  const newest = open.at(-1);
  // Two deployments that leave the digest to the cluster are the same only if they request the same image.
  const isSame =
    newest?.to_digest === wanted.to && (wanted.to !== null || newest.cause === wanted.cause);
  if (newest !== undefined && isSame && wanted.cause !== 'forced') {
    await addTriggers(query, newest.id, wanted.triggers, now);
    if (wanted.gates === 'skipped') {
      const { id } = newest;
      await query
        .updateTable('deployments')
        .set({ gates: 'skipped' })
        .where('id', '=', id)
        .execute();
    }
    // A new request ends the wait before a retry. A follow-up check for the trigger of the previous try is not a new
    // request.
    const isAsked =
      newest.follows === null || (await isAskedAfter(query, wanted.triggers, newest.queued_at));
    if (isAsked) {
      await query
        .updateTable('deployments')
        .set({ run_at: now, set_at: now })
        .where('id', '=', newest.id)
        .where('run_at', '>', now)
        .execute();
    }
    return { id: newest.id, joined: true };
  }
  for (const { id, state, to_digest, intent } of open) {
    const failed = readOptionalJson<Intent>(intent)?.failed ?? null;
    if (failed !== null && to_digest !== wanted.to) {
      // It was being reverted, and its problem still exists.
      const deployment = { id, cluster: wanted.cluster, to: to_digest as Digest | null };
      const { reason } = failed;
      await holdFailed(query, id, { deployment, service: wanted.service, reason }, now);
    }
    // No answer is stored, but its digest may have run: the record must not look as if it had not.
    const sent = state === 'updating' ? { mayHaveBeenSent: true } : {};
    await endDeployment(
      query,
      id,
      {
        state: 'superseded',
        reason: null,
        failure: null,
        detail: {
          by: wanted.id,
          ...sent,
        },
      },
      now,
    );
  }
  await query
    .insertInto('deployments')
    .values({
      id: wanted.id,
      cluster: wanted.cluster,
      service_id: wanted.service.id,
      service_name: wanted.service.name,
      stack: wanted.service.stack,
      name: imageName(wanted.image),
      tag: wanted.image.tag,
      from_tag: presentTag(wanted.service),
      from_digest: wanted.from,
      to_digest: wanted.to,
      cause: wanted.cause,
      gates: wanted.gates ?? null,
      ...NOT_BEGUN,
      queued_at: now,
      run_at: now,
      set_at: now,
      build: null,
    })
    .execute();
  await addTriggers(query, wanted.id, wanted.triggers, now);
  const passed = wanted.gates === 'skipped' ? { gates: 'skipped' } : {};
  await addStep(query, wanted.id, {
    at: now,
    step: 'queued',
    detail: { cause: wanted.cause, ...passed },
  });
  return { id: wanted.id, joined: false };
};

/** The values of a newly queued deployment, whatever those of the one that it repeats. */
export const NOT_BEGUN = {
  state: 'queued',
  reason: null,
  started_at: null,
  ended_at: null,
  deadline_at: null,
  attempts: 0,
  intent: null,
  failure: null,
  changes: null,
} as const;
