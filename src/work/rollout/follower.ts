import { PULL_SHOWN_AFTER_MS } from '../../core/swarm/pulling.ts';
import { ClusterError } from '../../core/swarm/cluster.ts';
import type { FailureReason } from '../../core/rollout/failure-reason.ts';
import { markOf } from '../../core/rollout/judge.ts';
import type { Facts, Move, Seen } from '../../core/rollout/move.ts';
import type { Watch } from '../../core/rollout/watch.ts';
import { createTaskNews } from '../../core/story/task-news.ts';
import { addStepOnWay } from '../../store/deployments/deployments.ts';
import {
  holdCondemned,
  recordRecovered,
  recordTasks,
} from '../../store/rollout/record-progress.ts';
import { keepBuildFacts } from './keep-build-facts.ts';
import { createSteadyNow } from '../loop/steady-now.ts';
import { tellLostFields } from './tell-lost-fields.ts';
import { type Run, serviceOf } from './run.ts';

type Follow = Extract<Move, { kind: 'follow' }>;

/** Follows the updates of one deployment, and records each change. */
export type Follower = {
  /**
   * What it knows of the update so far, and the time. While it follows an update, that time is immune to changes of
   * the clock.
   */
  readonly known: (run: Run) => Pick<Facts, 'watch' | 'now' | 'lookedForMs'>;
  /** Records news of the update's tasks. */
  readonly tell: (run: Run, seen: Seen) => Promise<void>;
  readonly follow: (run: Run, seen: Seen, move: Follow) => Promise<void>;
  /** Resolves when what is read in the background has been recorded. */
  readonly isTold: () => Promise<void>;
};

/** While the engine rolls back, this is all that is known of the task. */
const CONDEMNED: FailureReason = 'task-failed';

/** Since when a node has been pulling, once it has taken long enough to show. */
const pullOf = ({ preparingSince }: Watch, now: number): { readonly pullingSince?: string } =>
  preparingSince !== null && now - preparingSince >= PULL_SHOWN_AFTER_MS
    ? { pullingSince: new Date(preparingSince).toISOString() }
    : {};

/** The answer to this update was lost. Compares the service with what was sent, as the answer would have. */
const tellLost = async ({ deps, deployment, signal }: Run): Promise<void> => {
  const { intent, serviceId } = deployment;
  const { findLost } = deps.cluster;
  if (findLost === undefined || intent === null || intent.target === null) return;
  try {
    const lost = await findLost(serviceId, intent.target, signal);
    if (lost !== null) await tellLostFields(deps, deployment, lost);
  } catch (error) {
    // One alarm fewer is no reason to stop following the update.
    if (!(error instanceof ClusterError)) throw error;
  }
};

export const createFollower = (): Follower => {
  let watch: Watch | null = null;
  /** When the intent of the followed update was stored. */
  let followed: number | null = null;
  const taskNews = createTaskNews();
  let steadyNow: (() => number) | null = null;
  /** Monotonic. */
  let lookedForSince: number | null = null;
  let progressTold = '';
  let problemTold: string | null = null;
  let building: Promise<void> | null = null;

  const begin = (run: Run, at: number, seen: Seen): void => {
    const { intent } = run.deployment;
    if (intent === null) return;
    followed = at;
    watch = null;
    steadyNow = createSteadyNow(run.deps.clock);
    progressTold = '';
    building ??= keepBuildFacts(run.deps, run.deployment, serviceOf(seen), run.signal);
  };

  const tell: Follower['tell'] = async (run, seen) => {
    const { deps, deployment } = run;
    const { intent, state, id } = deployment;
    if (state !== 'verifying' || intent === null) return;
    if (followed !== intent.at) begin(run, intent.at, seen);
    if (typeof seen === 'string') return;
    if ('problem' in seen) {
      const { problem } = seen;
      if (problem !== problemTold)
        deps.log.warn('the rollout cannot be observed', { deployment: id, problem });
      problemTold = problem;
      return;
    }
    problemTold = null;
    const tasks = taskNews(seen, markOf(intent));
    if (tasks.length === 0) return;
    await recordTasks(deps.db, id, tasks, deps.clock.now());
  };

  const follow: Follower['follow'] = async (run, seen, move) => {
    const { deps, deployment, signal } = run;
    const { id, intent } = deployment;
    const at = deps.clock.now();
    if (move.watch === null) {
      const detail = { digest: intent?.target, phase: intent?.phase, recovered: true };
      if (await recordRecovered(deps.db, id, detail, at)) await tellLost(run);
      return;
    }
    watch = move.watch;
    const service = serviceOf(seen);
    if (move.condemns && service !== null) {
      // Hold the digest now: a newer push may supersede this deployment before the engine has rolled back.
      const failed = { deployment, service, reason: CONDEMNED };
      await holdCondemned(deps.db, deps.newId(), failed, at);
    }
    if (move.progress !== null) {
      const { running, desired, rollingBack, trouble } = move.progress;
      const told = { running, desired, rollingBack, trouble: trouble?.message ?? null };
      const news = { ...told, ...pullOf(watch, at) };
      const text = JSON.stringify(news);
      if (text !== progressTold)
        await addStepOnWay(deps.db, id, { at, step: 'progress', detail: news });
      progressTold = text;
    }
    if (move.afterMs > 0) await deps.clock.wait(move.afterMs, signal);
  };

  const lookFor = ({ deps, deployment: { intent, state } }: Run): number => {
    const isUnknown = intent !== null && !intent.refuted && state !== 'verifying';
    const monotonic = deps.clock.monotonic();
    lookedForSince = isUnknown ? (lookedForSince ?? monotonic) : null;
    return lookedForSince === null ? 0 : monotonic - lookedForSince;
  };

  const known: Follower['known'] = (run) => {
    const { deployment, deps } = run;
    const now =
      deployment.state === 'verifying' && steadyNow !== null ? steadyNow() : deps.clock.now();
    return { watch, now, lookedForMs: lookFor(run) };
  };

  return { known, tell, follow, isTold: async () => building ?? undefined };
};
