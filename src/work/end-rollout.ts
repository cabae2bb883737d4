import type { Digest } from '../core/digest.ts';
import type { Failed } from '../core/follow.ts';
import { mayPass } from '../core/rollout/failure-reason.ts';
import type { Service } from '../core/service.ts';
import type { FailureView } from '../core/views.ts';
import { type Deployment, type DeploymentEnd, endDeployment } from '../store/deployments.ts';
import { findDisplaced, followOn } from '../store/follow-on.ts';
import { queueRetry } from '../store/retries.ts';
import { holdFailed } from '../store/holds.ts';
import { recordProven } from '../store/proven.ts';
import { shows } from './carried-out.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/** Lines of the failing container that are kept with the deployment. */
const LOG_LINES = 20;
const NODES_TIMEOUT_MS = 1_000;
const LOG_TIMEOUT_MS = 5_000;

/**
 * The update is done; where tasks run it, it is proven good: recorded so that a later failure can come
 * back to it.
 */
export const succeed = async (
  deps: RolloutDeps,
  deployment: Deployment,
  service: Service,
  digest: Digest | null,
  isRunning: boolean,
): Promise<void> => {
  const now = deps.clock.now();
  await deps.db.transaction().execute(async (query) => {
    if (digest !== null && isRunning)
      await recordProven(query, deployment.cluster, service, digest, now);
    const end: DeploymentEnd = { state: 'succeeded', reason: null, failure: null };
    await endDeployment(query, deployment.id, end, now, { digest });
  });
  deps.log.info('deployment succeeded', { ...about(deployment), digest });
};

/**
 * Ends a deployment that did nothing. Where the service, as it was just seen, has what an update brought that this
 * deployment took the place of, that update is followed again: else nobody would learn what becomes of it.
 *
 * @param service null where it was removed
 */
export const skip = async (
  deps: RolloutDeps,
  deployment: Deployment,
  reason: string,
  service: Service | null,
): Promise<void> => {
  const end: DeploymentEnd = { state: 'skipped', reason, failure: null };
  const now = deps.clock.now();
  const followed = await deps.db.transaction().execute(async (query) => {
    const open = await endDeployment(query, deployment.id, end, now);
    const displaced = open && service !== null ? await findDisplaced(query, deployment) : null;
    if (displaced === null || service === null || !isThere(displaced, service)) return null;
    await followOn(query, displaced, deps.newId(), now);
    return displaced;
  });
  deps.log.info('deployment skipped', {
    ...about(deployment),
    reason,
    followed: followed?.id,
  });
};

/** Whether the service has what an update forward brought; what goes back is proven already. */
const isThere = (displaced: Deployment, service: Service): boolean => {
  const { intent } = displaced;
  return (
    intent !== null &&
    intent.phase === 'forward' &&
    intent.target !== null &&
    shows(displaced, intent, service)
  );
};

/**
 * Ends a deployment that failed, with why, and holds its digest for the service where the failure
 * speaks against the image, in one commit.
 */
export const fail = async (
  deps: RolloutDeps,
  deployment: Deployment,
  state: 'failed' | 'rolled-back',
  failed: Failed,
  service: Service | null,
  detail: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<void> => {
  const failure = await explain(deps, failed, service, signal);
  const now = deps.clock.now();
  const end: DeploymentEnd = { state, reason: failed.reason, failure };
  await deps.db.transaction().execute(async (query) => {
    const open = await endDeployment(query, deployment.id, end, now, detail);
    if (open && service !== null) {
      await holdFailed(query, deps.newId(), { deployment, service, reason: failed.reason }, now);
    }
    // Only where the service is back at what it was: else it has the new digest already.
    if (open && state === 'rolled-back' && mayPass(failed.reason)) {
      await queueRetry(query, deployment, deps.newId(), now);
    }
  });
  deps.log.warn(`deployment ${state}`, {
    ...about(deployment),
    reason: failed.reason,
    problem: failure.message,
  });
};

/**
 * Ends a deployment that could not be taken further. On its way back from an earlier failure that one is what is
 * recorded, with why it did not come back.
 *
 * @param before why it was taken back; null where it went forward
 */
export const failBack = (
  deps: RolloutDeps,
  deployment: Deployment,
  before: Failed | null,
  failed: Failed,
  service: Service | null,
  signal: AbortSignal,
): Promise<void> =>
  before === null
    ? fail(deps, deployment, 'failed', failed, service, {}, signal)
    : fail(deps, deployment, 'failed', before, service, { takeBackFailed: failed.message }, signal);

const about = (deployment: Deployment): Record<string, unknown> => ({
  cluster: deployment.cluster,
  deployment: deployment.id,
  service: deployment.serviceName,
  image: `${deployment.name}:${deployment.tag}`,
});

const explain = async (
  deps: RolloutDeps,
  failed: Failed,
  service: Service | null,
  signal: AbortSignal,
): Promise<FailureView> => {
  const { task } = failed;
  const node = task?.nodeId ?? null;
  const log =
    task === null || service === null ? [] : await readLog(deps, service.id, task.taskId, signal);
  return {
    message: failed.message,
    node,
    nodeName: node === null ? null : await nameOf(deps, node, signal),
    exitCode: task?.exitCode ?? null,
    log,
  };
};

/** The host name of a node, which is a help and no duty either. */
const nameOf = async (
  { cluster }: RolloutDeps,
  id: string,
  signal: AbortSignal,
): Promise<string | null> => {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(NODES_TIMEOUT_MS)]);
  const nodes = await cluster.listNodes(limited).catch(() => null);
  return nodes?.find((node) => node.id === id)?.hostname ?? null;
};

/** What the container said is a help, not a duty: without it the failure is told all the same. */
const readLog = async (
  deps: RolloutDeps,
  serviceId: string,
  taskId: string,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  if (!deps.cluster.capabilities.givesLogs) return [];
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LOG_TIMEOUT_MS)]);
  try {
    return await deps.cluster.readTaskLog(serviceId, taskId, LOG_LINES, limited);
  } catch (error) {
    deps.log.warn('container log not read', { service: serviceId, task: taskId, error });
    return [];
  }
};
