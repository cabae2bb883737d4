import { ActRefused } from '../../core/contract/act-refused.ts';
import type { AskedRegistries } from '../../core/contract/registries.ts';
import { backoffMs } from '../../core/backoff.ts';
import type { Verdict } from '../../core/verdict/verdict.ts';
import type { RunOrigin, RunRequest, RunView } from '../../core/contract/run-views.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import type { Changes } from '../../store/query/changes.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { recordRunCheck } from '../../store/checks/commit-checks.ts';
import type { Joined } from '../../store/checks/join-deployments.ts';
import type { Trigger } from '../../store/deployments/triggers.ts';
import { readRun } from '../../store/runs/read-runs.ts';
import {
  endRun,
  openDeploymentsOfRun,
  openRuns,
  readFound,
  type Run,
  type RunService,
  setRunProgress,
  startRun,
} from '../../store/runs/runs.ts';
import { checkCluster, type OnProgress, type PlannedService } from '../check/check-cluster.ts';
import { createDryRuns, type DryRunDeps } from './dry-run.ts';
import { type AskedCluster, eachAskedCluster } from '../check/each-asked-cluster.ts';
import { createBell } from '../loop/bell.ts';
import { keepTrying } from '../loop/keep-trying.ts';
import { AFTER_FAILURE, runLoop } from '../loop/run-loop.ts';
import type { Answers } from '../lookups/answers.ts';
import { keepAnswers } from '../lookups/keep-answers.ts';
import { createRunProgress } from './run-progress.ts';
import { withVerdict } from '../assess/service-view.ts';

export type SmartRedeployDeps = DryRunDeps & {
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** Wakes the work of this cluster: a deployment waits in the store. */
  readonly wake: (cluster: string) => void;
  /** Registers a function to call after each write to the store. */
  readonly onChange: Changes['onChange'];
};

export type SmartRedeploy = {
  /**
   * Starts a run, or joins an equal one that is being checked. A dry run is carried out at once and returned
   * finished. Throws {@link ActRefused} if the cluster is not configured.
   */
  readonly start: (
    request: RunRequest,
    by: {
      readonly origin: RunOrigin;
      readonly actor: string | null;
      readonly signal: AbortSignal;
      /** For a dry run: least time between two requests to the same registry, in ms. */
      readonly paceMs?: number;
    },
  ) => Promise<RunView>;
  /** Carries out runs until the signal is aborted, including those that were open before. */
  readonly run: (db: Db, signal: AbortSignal) => Promise<void>;
  /** Another instance may have started a run. */
  readonly wake: () => void;
};

/** Deployments of a run may end together: they are counted at most this often … */
const COUNT_EVERY_MS = 250;
/** … and at least this often, even if no write is reported. */
const COUNT_AT_LEAST_EVERY_MS = 5_000;
/** A run that fails, for example while the store is full, is retried for this long. */
const RETRY_FOR_MS = 10 * 60_000;
/** A service that somebody else is updating is checked again after this … */
const AGAIN_MS = 5_000;
/** … and left alone after this. */
const AGAIN_FOR_MS = 10 * 60_000;
const LONGEST_SLEEP_MS = 60_000;

export const createSmartRedeploy = (deps: SmartRedeployDeps): SmartRedeploy => {
  const { db, clock, log } = deps;
  const bell = createBell(clock);
  const dryRuns = createDryRuns(deps);

  return {
    wake: bell.ring,
    start: async (request, { origin, actor, signal, paceMs }) => {
      const known = deps.clusters.map(({ cluster }) => cluster.name);
      if (request.cluster !== null && !known.includes(request.cluster)) {
        const text = `there is no cluster ${request.cluster}; there is ${known.join(', ')}`;
        throw new ActRefused('not-found', text);
      }
      const run = { id: deps.newId(), request, origin, actor };
      const id = request.dryRun ? run.id : await startRun(db, run, clock.now());
      log.info('run started', { run: id, origin, actor, request });
      if (request.dryRun) return dryRuns.carryOut(run, signal, paceMs);
      bell.ring();
      const view = await readRun(db, id);
      if (view === null) throw new Error(`run ${id} is not in the store`);
      return view;
    },
    run: async (held, signal) => {
      const carryOut = createRunner({ ...deps, db: held });
      const running = new Map<string, Promise<void>>();
      const round = async (): Promise<number> => {
        await dryRuns.endForgotten(held);
        for (const run of await openRuns(held)) {
          // A dry run belongs to the request that asked for it.
          if (running.has(run.id) || run.request.dryRun) continue;
          running.set(
            run.id,
            carryOut(run, signal).finally(() => running.delete(run.id)),
          );
        }
        return LONGEST_SLEEP_MS;
      };
      await runLoop(deps, { name: 'runs', meaning: 'SmartRedeploy waits', round, bell }, signal);
      await Promise.all(running.values());
    },
  };
};

/**
 * Returns a function that carries out one run until its end or the signal. After the signal, the next process
 * continues.
 */
const createRunner = (
  deps: SmartRedeployDeps,
): ((run: Run, signal: AbortSignal) => Promise<void>) => {
  const { db, clock, log } = deps;

  /** Resolves when every deployment of the run has ended. */
  const deploymentsEnded = async (run: Run, signal: AbortSignal): Promise<void> => {
    const written = createBell(clock);
    const stop = deps.onChange(written.ring);
    try {
      while ((await openDeploymentsOfRun(db, run.id)) > 0) {
        await clock.wait(COUNT_EVERY_MS, signal);
        await written.wait(COUNT_AT_LEAST_EVERY_MS, signal);
      }
    } finally {
      stop();
    }
  };

  /** Returns why some of it could not be checked, or null. */
  const attempt = async (run: Run, signal: AbortSignal): Promise<string | null> => {
    const problems = await checkAll(deps, run, signal);
    await deploymentsEnded(run, signal);
    return problems.length === 0 ? null : problems.join('; ');
  };

  /** The same, but repeated after an internal error, as a restart would. */
  const attemptUntilDone = async (run: Run, signal: AbortSignal): Promise<string | null> => {
    const until = clock.monotonic() + RETRY_FOR_MS;
    for (let failures = 1; ; failures += 1) {
      try {
        return await attempt(run, signal);
      } catch (error) {
        signal.throwIfAborted();
        log.error('run broke', { run: run.id, failures, error });
        if (clock.monotonic() >= until) return 'an error of the helper itself, see its log';
        await clock.wait(backoffMs(AFTER_FAILURE, failures, 1), signal);
      }
    }
  };

  return async (run: Run, signal: AbortSignal): Promise<void> => {
    try {
      const reason = await attemptUntilDone(run, signal);
      const state = reason === null ? 'done' : 'failed';
      const end = async (): Promise<void> => {
        await endRun(db, run.id, { state, reason }, clock.now());
      };
      await keepTrying({ clock, log }, `the end of run ${run.id}`, end, signal);
      log.info('run ended', { run: run.id, reason });
    } catch (error) {
      // The next start takes it up again.
      if (!signal.aborted) throw error;
    }
  };
};

type RunDeps = Omit<SmartRedeployDeps, 'registries'> & {
  readonly registries: AskedRegistries;
  readonly answers: Answers;
  readonly listTags: Answers['listTags'];
};

/**
 * Checks every selected cluster and queues deployments. Returns the problems of clusters that could not be checked.
 */
const checkAll = async (
  deps: SmartRedeployDeps,
  run: Run,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const progress = createRunProgress(deps, run.id);
  const answers = await keepAnswers(deps, run, signal);
  try {
    const { registries, listTags } = answers;
    const shared = { ...deps, registries, listTags, answers };
    const problems = await eachAskedCluster(deps.clusters, run.request, (one) =>
      checkUntilSettled(shared, { run, one, onProgress: progress.of(one.cluster.name) }, signal),
    );
    await setRunProgress(deps.db, run.id, 'deploying', progress.sum());
    return problems;
  } finally {
    await answers.close();
  }
};

/** One cluster's part of a run. */
type ClusterRun = {
  readonly run: Run;
  readonly one: AskedCluster;
  readonly onProgress: OnProgress;
};

/**
 * Checks one cluster, unless that was done before a restart, and then again the services that somebody else was
 * updating.
 */
const checkUntilSettled = async (
  deps: RunDeps,
  { run, one, onProgress }: ClusterRun,
  signal: AbortSignal,
): Promise<void> => {
  const { name } = one.cluster;
  const checkDeps = { ...deps, ...one, now: deps.clock.now };
  const until = deps.clock.monotonic() + AGAIN_FOR_MS;
  const found = await readFound(deps.db, run.id, name);

  /** Records the result, and returns the services that somebody else is updating. */
  const check = async (request: RunRequest): Promise<string[]> => {
    const planned = await checkCluster(checkDeps, request, onProgress, signal);
    await commit(deps, { run, cluster: name, found }, planned);
    return planned.flatMap(({ step, service }) => (step.kind === 'check-again' ? service.id : []));
  };

  const known = [...found.values()].map(({ view }) => view);
  let updating = known.filter(({ verdict }) => verdict === 'updating').map(({ id }) => id);
  if (known.length === 0) updating = await check(run.request);
  else onProgress(progressOf(known));
  while (updating.length > 0 && deps.clock.monotonic() <= until) {
    await deps.clock.wait(AGAIN_MS, signal);
    updating = await check({ ...run.request, services: updating });
  }
};

/** The progress of a check that found these services. */
const progressOf = (services: readonly ServiceView[]): Parameters<OnProgress>[0] => {
  const asked = services.filter(({ checkedAt }) => checkedAt !== null);
  const images = new Set(asked.map(({ image }) => image)).size;
  return { services: services.length, images, checked: images };
};

/** The service has what is published, or will have it, but its deployment has not ended. */
const UPDATING: Verdict = { verdict: 'updating' };

type Commit = {
  readonly run: Run;
  readonly cluster: string;
  /** What the run found on this cluster before, by service id; the commit adds to it. */
  readonly found: Map<string, RunService>;
};

/** Queues deployments, joins existing ones, and records the result together with what the run had `found` before. */
const commit = async (
  deps: RunDeps,
  { run, cluster, found }: Commit,
  planned: readonly PlannedService[],
): Promise<void> => {
  const now = deps.clock.now();
  const kind = run.origin === 'person' ? ('smart-redeploy' as const) : ('schedule' as const);
  const triggers: Trigger[] = [{ kind, source: run.id }];
  const checked = {
    answers: deps.answers.of(planned),
    planned,
    by: { cluster, newId: deps.newId, triggersOf: () => triggers },
  };
  const shown = (all: readonly (PlannedService & Joined)[]): readonly RunService[] => {
    for (const one of all) {
      const deployment = one.deployment ?? found.get(one.service.id)?.deployment ?? null;
      const view = withVerdict(one.view, one.joins ? UPDATING : one.verdict);
      const led = deployment === null ? view : { ...view, deployment };
      found.set(one.service.id, { view: led, deployment });
    }
    return [...found.values()];
  };
  await recordRunCheck(deps.db, { run: run.id, cluster, shown }, checked, now);
  deps.wake(cluster);
};
