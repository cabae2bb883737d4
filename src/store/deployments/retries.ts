import { copyDeployment } from './copy-deployment.ts';
import { addStep, type Deployment } from './deployments.ts';
import type { Query } from '../sqlite/open-store.ts';
import { NOT_BEGUN } from './queue-deployment.ts';

/** Waits before a digest is retried on a service after a failure that may resolve without anyone acting. */
export const RETRY_AFTER_MS: readonly number[] = [60_000, 5 * 60_000, 15 * 60_000];
/** Failures older than this no longer count. */
const COUNTED_MS = 24 * 3_600_000;

/**
 * Queues a retry of the deployment, with the same triggers, as part of the transaction that ended it. False if it has
 * been tried often enough, or if a newer one is already waiting.
 */
export const queueRetry = async (
  query: Query,
  ended: Deployment,
  id: string,
  now: number,
): Promise<boolean> => {
  const { count } = await query
    .selectFrom('deployments')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('cluster', '=', ended.cluster)
    .where('service_id', '=', ended.serviceId)
    .where('to_digest', 'is not distinct from', ended.to)
    .where('state', 'in', ['failed', 'rolled-back'])
    .where('queued_at', '>', now - COUNTED_MS)
    .executeTakeFirstOrThrow();
  const wait = RETRY_AFTER_MS[count - 1];
  const queued = await query
    .selectFrom('deployments')
    .select('id')
    .where('cluster', '=', ended.cluster)
    .where('service_id', '=', ended.serviceId)
    .where('state', '=', 'queued')
    .executeTakeFirst();
  if (wait === undefined || queued !== undefined) return false;
  await copyDeployment(query, ended.id, {
    id,
    ...NOT_BEGUN,
    follows: ended.id,
    queued_at: now,
    run_at: now + wait,
    set_at: now,
  });
  const next = {
    attempt: count + 1,
    most: RETRY_AFTER_MS.length + 1,
    notBefore: new Date(now + wait).toISOString(),
  };
  await addStep(query, ended.id, {
    at: now,
    step: 'retry-queued',
    detail: { deployment: id, ...next },
  });
  await addStep(query, id, { at: now, step: 'queued', detail: { retryOf: ended.id, ...next } });
  return true;
};

/** Whether a deployment retries one whose image a node could not pull. */
export const retriesPull = async (query: Query, id: string): Promise<boolean> => {
  const before = await query
    .selectFrom('deployments as next')
    .innerJoin('deployments as before', 'before.id', 'next.follows')
    .select('before.reason')
    .where('next.id', '=', id)
    .executeTakeFirst();
  return before?.reason === 'image-unavailable';
};
