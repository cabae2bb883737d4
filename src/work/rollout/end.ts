import type { Failed } from '../../core/rollout/follow.ts';
import { firstCheckAt } from '../../core/rollout/good-image.ts';
import type { End, Move } from '../../core/rollout/move.ts';
import type { Observation } from '../../core/swarm/service.ts';
import type { FailureView } from '../../core/contract/views.ts';
import { endAsFailed, endAsSucceeded } from '../../store/rollout/end-rollout.ts';
import { about, type Run } from './run.ts';

/** Lines of the failed container's log that are kept with the deployment. */
const LOG_LINES = 20;
const NODES_TIMEOUT_MS = 1_000;
const LOG_TIMEOUT_MS = 5_000;

/** Ends a deployment, and does everything that follows from it. */
export const end = (run: Run, { end: how, on }: Extract<Move, { kind: 'end' }>): Promise<void> =>
  how.state === 'succeeded' ? succeed(run, how, on) : fail(run, how, on);

const succeed = async (
  run: Run,
  how: Extract<End, { state: 'succeeded' }>,
  on: Observation | null,
): Promise<void> => {
  const { deps, deployment } = run;
  const now = deps.clock.now();
  const ending = { deployment, service: on?.service ?? null, newId: deps.newId };
  const checkAt = on === null ? now : firstCheckAt(on, now);
  await endAsSucceeded(deps.db, ending, { ...how, checkAt }, now);
  deps.log.info('deployment succeeded', { ...about(run), digest: how.digest });
};

/** Adds why it failed, as far as the nodes and the container can tell. */
const fail = async (
  run: Run,
  { state, failed, detail }: Exclude<End, { state: 'succeeded' }>,
  on: Observation | null,
): Promise<void> => {
  const { deps, deployment } = run;
  const { reason } = failed;
  const failure = await explain(run, failed, on);
  const ending = { deployment, service: on?.service ?? null, newId: deps.newId };
  await endAsFailed(deps.db, ending, { state, reason, failure, detail }, deps.clock.now());
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

/** The host name of a node. Optional: the failure is reported without it too. */
const nameOf = async ({ deps, signal }: Run, id: string): Promise<string | null> => {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(NODES_TIMEOUT_MS)]);
  const nodes = await deps.cluster.listNodes(limited).catch(() => null);
  return nodes?.find((node) => node.id === id)?.hostname ?? null;
};

/** The container's log is optional: the failure is reported without it too. */
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
