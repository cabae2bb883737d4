import type { FailureReason } from '../../core/rollout/failure-reason.ts';
import { markOf } from '../../core/rollout/judge.ts';
import type { Move, Seen } from '../../core/rollout/move.ts';
import type { Watch } from '../../core/rollout/watch.ts';
import { createTaskNews } from '../../core/task-news.ts';
import { addStepOnWay } from '../../store/deployments.ts';
import { holdFailed } from '../../store/holds.ts';
import { recordSent } from '../../store/intents.ts';
import { relaxed } from '../../store/relaxed.ts';
import { keepBuildFacts } from '../keep-build-facts.ts';
import { createSteadyNow } from '../loop/steady-now.ts';
import { type Run, serviceOf } from './run.ts';

type Follow = Extract<Move, { kind: 'follow' }>;

/** Follows the updates of one deployment, and puts down each change that is seen. */
export type Follower = {
  /** Null where nothing is followed yet. */
  readonly watch: () => Watch | null;
  /** ms since the epoch; while an update is followed, whatever somebody sets the clock to. */
  readonly now: (run: Run) => number;
  /** Puts the news of an update's tasks down. */
  readonly tell: (run: Run, seen: Seen) => Promise<void>;
  readonly follow: (run: Run, seen: Seen, move: Follow) => Promise<void>;
  /** What is read on the side has been put down. */
  readonly isTold: () => Promise<void>;
};

/** While an engine goes back, only this is known of the task. */
const CONDEMNED: FailureReason = 'task-failed';

export const createFollower = (): Follower => {
  let watch: Watch | null = null;
  /** When the update that is followed was intended. */
  let followed: number | null = null;
  let taskNews: ReturnType<typeof createTaskNews> | null = null;
  let steadyNow: (() => number) | null = null;
  let progressTold = '';
  let problemTold: string | null = null;
  let building: Promise<void> | null = null;

  const begin = (run: Run, at: number): void => {
    const { intent } = run.deployment;
    if (intent === null) return;
    followed = at;
    watch = null;
    taskNews = createTaskNews(markOf(intent));
    steadyNow = createSteadyNow(run.deps.clock);
    progressTold = '';
    building ??= keepBuildFacts(run.deps, run.deployment, run.signal);
  };

  const tell: Follower['tell'] = async (run, seen) => {
    const { deps, deployment } = run;
    const { intent, state, id } = deployment;
    if (state !== 'verifying' || intent === null) return;
    if (followed !== intent.at) begin(run, intent.at);
    if (typeof seen === 'string') return;
    if ('problem' in seen) {
      const { problem } = seen;
      if (problem !== problemTold)
        deps.log.warn('rollout cannot be seen', { deployment: id, problem });
      problemTold = problem;
      return;
    }
    problemTold = null;
    const tasks = taskNews?.(seen) ?? [];
    if (tasks.length === 0) return;
    // Lost in a crash of the host, they are only a gap in the story.
    const at = deps.clock.now();
    await relaxed(deps.db, (query) => addStepOnWay(query, id, at, 'tasks', { tasks }));
  };

  const follow: Follower['follow'] = async (run, seen, move) => {
    const { deps, deployment, signal } = run;
    const { id, intent } = deployment;
    const at = deps.clock.now();
    if (move.watch === null) {
      const detail = { digest: intent?.target, phase: intent?.phase, recovered: true };
      await recordSent(deps.db, id, at, detail);
      return;
    }
    watch = move.watch;
    const service = serviceOf(seen);
    if (move.condemns && service !== null) {
      // A newer push may take the place of this deployment before the engine is back.
      const failed = { deployment, service, reason: CONDEMNED };
      await deps.db.transaction().execute((query) => holdFailed(query, deps.newId(), failed, at));
    }
    if (move.progress !== null) {
      const { running, desired, rollingBack, trouble } = move.progress;
      const news = { running, desired, rollingBack, trouble: trouble?.message ?? null };
      const text = JSON.stringify(news);
      if (text !== progressTold) await addStepOnWay(deps.db, id, at, 'progress', news);
      progressTold = text;
    }
    if (move.afterMs > 0) await deps.clock.wait(move.afterMs, signal);
  };

  const now: Follower['now'] = ({ deps, deployment }) =>
    deployment.state === 'verifying' && steadyNow !== null ? steadyNow() : deps.clock.now();

  return { watch: () => watch, now, tell, follow, isTold: async () => building ?? undefined };
};
