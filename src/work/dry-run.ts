import type { Log } from '../core/log.ts';
import type { RunRequest, RunView } from '../core/views.ts';
import type { Db } from '../store/open-store.ts';
import { readRun } from '../store/read-runs.ts';
import { beginDryRun, endDryRun } from '../store/checks/commit-checks.ts';
import { endRun, type NewRun, openRuns } from '../store/runs.ts';
import { askOnce, type AskOnceDeps } from './ask-once.ts';
import { checkCluster, type PlannedService } from './check-cluster.ts';
import { type AskedCluster, eachAskedCluster } from './each-asked-cluster.ts';
import { planView } from './plan-view.ts';
import type { Clock } from './ports.ts';
import { answersOf } from './answers-of.ts';
import { createRunProgress } from './run-progress.ts';

export type DryRunDeps = AskOnceDeps & {
  readonly clusters: readonly AskedCluster[];
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
};

/** Runs that end with their plan: each belongs to the request that asked for it, and dies with it. */
export type DryRuns = {
  readonly carryOut: (run: NewRun, signal: AbortSignal) => Promise<RunView>;
  /** Ends those that a process before this one left open. */
  readonly endForgotten: () => Promise<void>;
};

export const createDryRuns = (deps: DryRunDeps): DryRuns => {
  const { db, clock, log } = deps;
  const ours = new Set<string>();

  const stored = async (id: string): Promise<RunView> => {
    const found = await readRun(db, id);
    if (found === null) throw new Error(`run ${id} is not in the store`);
    return found;
  };

  const plan = async (
    run: { readonly id: string; readonly request: RunRequest },
    signal: AbortSignal,
  ): Promise<RunView> => {
    const progress = createRunProgress(deps, run.id);
    const begun = clock.now();
    const registries = askOnce(deps);
    const planned = new Map<string, readonly PlannedService[]>();
    const problems = await eachAskedCluster(deps.clusters, run.request, async (one) => {
      const { name } = one.cluster;
      const checkDeps = { ...one, registries, db, now: clock.now };
      planned.set(name, await checkCluster(checkDeps, run.request, progress.of(name), signal));
    });
    const all = deps.clusters.flatMap(({ cluster }) => planned.get(cluster.name) ?? []);
    const services = all.map(planView);
    const reason = problems.length === 0 ? null : problems.join('; ');
    const state = reason === null ? 'done' : 'failed';
    const answers = answersOf(all, () => begun);
    const end = { answers, services, state, reason, progress: progress.sum() } as const;
    const summary = await endDryRun(db, run.id, end, clock.now());
    log.info('run ended', { run: run.id, reason });
    return summary === null ? stored(run.id) : { ...summary, services };
  };

  return {
    carryOut: async (run, signal) => {
      ours.add(run.id);
      try {
        await beginDryRun(db, run, clock.now());
        return await plan(run, signal);
      } catch (error) {
        const reason = signal.aborted
          ? 'nobody waited for it any more'
          : 'an error of the helper itself, see its log';
        if (signal.aborted) log.info('run given up', { run: run.id, reason });
        else log.error('run broke', { run: run.id, error });
        await endRun(db, run.id, 'failed', reason, clock.now());
        return await stored(run.id);
      } finally {
        ours.delete(run.id);
      }
    },
    endForgotten: async () => {
      const reason = 'the helper ended while it was checking';
      for (const { id, request } of await openRuns(db)) {
        if (request.dryRun && !ours.has(id)) await endRun(db, id, 'failed', reason, clock.now());
      }
    },
  };
};
