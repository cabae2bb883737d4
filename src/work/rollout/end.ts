import { mayPass } from '../../core/rollout/failure-reason.ts';
import type { Failed } from '../../core/rollout/follow.ts';
import type { End, Move } from '../../core/rollout/move.ts';
import type { Observation } from '../../core/service.ts';
import type { FailureView } from '../../core/views.ts';
import { type DeploymentEnd, endDeployment, recordTarget } from '../../store/deployments.ts';
import { addHoldOnce, holdFailed } from '../../store/holds.ts';
import { recordProven } from '../../store/proven.ts';
import { queueRetry } from '../../store/retries.ts';
import { about, type Run } from './run.ts';

/** Lines of the failing container that are kept with the deployment. */
const LOG_LINES = 20;
const NODES_TIMEOUT_MS = 1_000;
const LOG_TIMEOUT_MS = 5_000;

/** Gives a deployment its end, with all that follows from it, in one commit. */
export const end = (run: Run, { end: how, on }: Extract<Move, { kind: 'end' }>): Promise<void> =>
  how.state === 'succeeded' ? succeed(run, how, on) : fail(run, how, on);

/** Where tasks run it, the digest is good: a later failure can come back to it. */
const succeed = async (
  run: Run,
  { digest, isProven, left }: Extract<End, { state: 'succeeded' }>,
  on: Observation | null,
): Promise<void> => {
  const { deps, deployment } = run;
  const { id, cluster, to } = deployment;
  const now = deps.clock.now();
  await deps.db.transaction().execute(async (query) => {
    if (to === null && digest !== null) await recordTarget(query, id, digest);
    if (on !== null && digest !== null && isProven)
      await recordProven(query, cluster, on.service, digest, now);
    if (on !== null && left !== null) {
      // The spec before may differ in more than its image, so that it is held for that one too.
      const hold = { id: deps.newId(), cluster, service: on.service, digest: left };
      await addHoldOnce(query, { ...hold, kind: 'left-by-person', deployment: null }, now);
    }
    const ended: DeploymentEnd = { state: 'succeeded', reason: null, failure: null };
    await endDeployment(query, id, ended, now, { digest });
  });
  deps.log.info('deployment succeeded', { ...about(run), digest });
};

/** With why, and with a hold on the digest where the failure asks for one. */
const fail = async (
  run: Run,
  { state, failed, detail }: Exclude<End, { state: 'succeeded' }>,
  on: Observation | null,
): Promise<void> => {
  const { deps, deployment } = run;
  const { reason } = failed;
  const failure = await explain(run, failed, on);
  const now = deps.clock.now();
  await deps.db.transaction().execute(async (query) => {
    const ended: DeploymentEnd = { state, reason, failure };
    const open = await endDeployment(query, deployment.id, ended, now, detail);
    if (open && on !== null) {
      await holdFailed(query, deps.newId(), { deployment, service: on.service, reason }, now);
    }
    // Only where the service is back at what it was: else it has the new digest already.
    if (open && state === 'rolled-back' && mayPass(reason)) {
      await queueRetry(query, deployment, deps.newId(), now);
    }
  });
  const problem = failure.message;
  deps.log.warn(`deployment ${state}`, { ...about(run), reason, problem });
};

const explain = async (
  run: Run,
  { message, task }: Failed,
  on: Observation | null,
): Promise<FailureView> => {
  const node = task?.nodeId ?? null;
  const isShown = task !== null && on !== null;
  return {
    message,
    node,
    nodeName: node === null ? null : await nameOf(run, node),
    exitCode: task?.exitCode ?? null,
    log: isShown ? await readLog(run, on.service.id, task.taskId) : [],
  };
};

/** The host name of a node, which is a help and no duty either. */
const nameOf = async ({ deps, signal }: Run, id: string): Promise<string | null> => {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(NODES_TIMEOUT_MS)]);
  const nodes = await deps.cluster.listNodes(limited).catch(() => null);
  return nodes?.find((node) => node.id === id)?.hostname ?? null;
};

/** What the container said is a help, not a duty: without it the failure is told all the same. */
const readLog = async (
  { deps, signal }: Run,
  service: string,
  task: string,
): Promise<readonly string[]> => {
  if (!deps.cluster.capabilities.givesLogs) return [];
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LOG_TIMEOUT_MS)]);
  try {
    return await deps.cluster.readTaskLog(service, task, LOG_LINES, limited);
  } catch (error) {
    deps.log.warn('container log not read', { service, task, error });
    return [];
  }
};
