import { AskerGone } from '../../core/contract/asker-gone.ts';
import type { RunRequest, RunView } from '../../core/contract/run-views.ts';
import { readRun } from '../../store/runs/read-runs.ts';
import { beginDryRun, endDryRun } from '../../store/checks/commit-checks.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { endRun, forgottenDryRuns, type NewRun } from '../../store/runs/runs.ts';
import { createAnswers } from '../lookups/answers.ts';
import { checkCluster, type PlannedService } from '../check/check-cluster.ts';
import type { StuckUpdates } from '../cluster/stuck-updates.ts';
import { type AskedCluster, eachAskedCluster } from '../check/each-asked-cluster.ts';
import type { Gating } from '../gates/gating.ts';
import { paceLookups } from '../lookups/pace-lookups.ts';
import { planView } from '../check/plan-view.ts';
import type { KeptAnswersDeps } from '../lookups/keep-answers.ts';
import { createRunProgress } from './run-progress.ts';
import { Stalled, tellSteps, withStallLimit } from './stall-limit.ts';

export type DryRunDeps = KeptAnswersDeps & {
  readonly clusters: readonly AskedCluster[];
  readonly stuck: StuckUpdates;
  /** Gates from the configuration. Default: none. */
  readonly gating?: Gating;
  /** Id of this instance. */
  readonly instanceId: string;
};

/**
 * Runs that end with their plan. Each belongs to the request that asked for it, and ends with it. It may go on as
 * long as answers keep coming: thousands of images at a slow registry take many minutes.
 */
export type DryRuns = {
  readonly carryOut: (run: NewRun, signal: AbortSignal, paceMs?: number) => Promise<RunView>;
  /** Ends the runs of processes that are gone. */
  readonly endForgotten: (db: Db) => Promise<void>;
};

/** An instance that was not seen for this long is gone. */
const SEEN_WITHIN_MS = 60_000;
/**
 * Longer than any single answer may take: a lookup with all its retries, at a registry with the longest timeout, has
 * 6 min.
 */
const STALLED_AFTER_MS = 10 * 60_000;

/** Why a dry run was stopped, for people; null if it failed with an internal error. */
const brokenOffBy = (error: unknown, signal: AbortSignal): string | null => {
  if (error instanceof Stalled) {
    return `no registry answered for ${STALLED_AFTER_MS / 60_000} min`;
  }
  if (!signal.aborted) return null;
  return signal.reason instanceof AskerGone
    ? 'the client disconnected before the answer'
    : 'the helper stopped while it was checking';
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
    { paceMs, onStep }: { readonly paceMs: number; readonly onStep: () => void },
  ): Promise<RunView> => {
    const progress = createRunProgress(deps, run.id);
    const told = tellSteps(deps.registries, onStep);
    const registries = paceMs === 0 ? told : paceLookups(told, clock, paceMs);
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
    signal.throwIfAborted();
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
    carryOut: async (run, signal, paceMs = 0) => {
      ours.add(run.id);
      const limit = { clock, afterMs: STALLED_AFTER_MS };
      try {
        await beginDryRun(db, { ...run, instance: deps.instanceId }, clock.now());
        return await withStallLimit(limit, signal, (limited, onStep) =>
          plan(run, limited, { paceMs, onStep }),
        );
      } catch (error) {
        const given = brokenOffBy(error, signal);
        const reason = given ?? 'an error of the helper itself, see its log';
        if (given === null) log.error('run broke', { run: run.id, error });
        else log.info('run given up', { run: run.id, reason });
        await endRun(db, run.id, { state: 'failed', reason }, clock.now());
        return await stored(run.id);
      } finally {
        ours.delete(run.id);
      }
    },
    endForgotten: async (held) => {
      const reason = 'the helper ended while it was checking';
      for (const id of await forgottenDryRuns(held, clock.now() - SEEN_WITHIN_MS)) {
        if (!ours.has(id)) await endRun(held, id, { state: 'failed', reason }, clock.now());
      }
    },
  };
};
