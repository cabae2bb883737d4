import type { RunRequest, RunView } from '../../core/contract/views.ts';
import { readRun } from '../../store/runs/read-runs.ts';
import { beginDryRun, endDryRun } from '../../store/checks/commit-checks.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { endRun, forgottenDryRuns, type NewRun } from '../../store/runs/runs.ts';
import { createAnswers } from '../lookups/answers.ts';
import { checkCluster, type PlannedService } from '../check/check-cluster.ts';
import type { StuckUpdates } from '../cluster/stuck-updates.ts';
import { type AskedCluster, eachAskedCluster } from '../check/each-asked-cluster.ts';
import type { Gating } from '../gates/gating.ts';
import { paceLookUps } from '../lookups/pace-look-ups.ts';
import { planView } from '../check/plan-view.ts';
import type { KeptAnswersDeps } from '../lookups/keep-answers.ts';
import { createRunProgress } from './run-progress.ts';

export type DryRunDeps = KeptAnswersDeps & {
  readonly clusters: readonly AskedCluster[];
  readonly stuck: StuckUpdates;
  /** What the configuration says about gates; nothing unless told so. */
  readonly gating?: Gating;
  /** Of this instance. */
  readonly instanceId: string;
};

/** Runs that end with their plan: each belongs to the request that asked for it, and dies with it. */
export type DryRuns = {
  readonly carryOut: (run: NewRun, signal: AbortSignal, paceMs?: number) => Promise<RunView>;
  /** Ends those that belong to a process that is gone. */
  readonly endForgotten: (db: Db) => Promise<void>;
};

/** An instance that did not say for so long that it lives is gone. */
const SEEN_WITHIN_MS = 60_000;

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
    paceMs = 0,
  ): Promise<RunView> => {
    const progress = createRunProgress(deps, run.id);
    const registries = paceMs === 0 ? deps.registries : paceLookUps(deps.registries, clock, paceMs);
    const answers = createAnswers({ ...deps, registries, now: clock.now });
    const planned = new Map<string, readonly PlannedService[]>();
    const problems = await eachAskedCluster(deps.clusters, run.request, async (one) => {
      const { name } = one.cluster;
      const { stuck } = deps;
      const checkDeps = {
        ...one,
        registries: answers.registries,
        listTags: answers.listTags,
        db,
        now: clock.now,
        stuck,
        ...(deps.gating === undefined ? {} : { gating: deps.gating }),
      };
      planned.set(name, await checkCluster(checkDeps, run.request, progress.of(name), signal));
    });
    const all = deps.clusters.flatMap(({ cluster }) => planned.get(cluster.name) ?? []);
    const services = all.map(planView);
    const reason = problems.length === 0 ? null : problems.join('; ');
    const state = reason === null ? 'done' : 'failed';
    const found = { answers: answers.of(all), services, progress: progress.sum() };
    const end = { ...found, state, reason } as const;
    const summary = await endDryRun(db, run.id, end, clock.now());
    log.info('run ended', { run: run.id, reason });
    return summary === null ? stored(run.id) : { ...summary, services };
  };

  return {
    carryOut: async (run, signal, paceMs) => {
      ours.add(run.id);
      try {
        await beginDryRun(db, { ...run, instance: deps.instanceId }, clock.now());
        return await plan(run, signal, paceMs);
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
    endForgotten: async (held) => {
      const reason = 'the helper ended while it was checking';
      for (const id of await forgottenDryRuns(held, clock.now() - SEEN_WITHIN_MS)) {
        if (!ours.has(id)) await endRun(held, id, 'failed', reason, clock.now());
      }
    },
  };
};
