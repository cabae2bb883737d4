import { ActRefused } from '../core/act-refused.ts';
import { ClusterError } from '../core/cluster.ts';
import { imageWithTag } from '../core/image-reference.ts';
import type { Log } from '../core/log.ts';
import type { LookUp } from '../core/published.ts';
import type { RunProgress, RunRequest, RunView } from '../core/views.ts';
import { queueDeployment, type Trigger } from '../store/queue-deployment.ts';
import type { Db } from '../store/open-store.ts';
import {
  endRun,
  openDeploymentsOfRun,
  openRuns,
  putRunServices,
  readRun,
  type Run,
  type RunOrigin,
  type RunService,
  setRunProgress,
  startRun,
} from '../store/runs.ts';
import { checkCluster, type CheckClusterDeps, type PlannedService } from './check-cluster.ts';
import type { Clock, TaggedImage } from './ports.ts';
import { recordChecked } from './record-checked.ts';
import { createBell } from './wake.ts';

export type SmartRedeployDeps = {
  readonly clusters: readonly Pick<CheckClusterDeps, 'cluster' | 'select'>[];
  readonly registries: CheckClusterDeps['registries'];
  /** Why a registry is to be left alone for now, in one line for a person, or null. */
  readonly spentBudget: (host: string) => string | null;
  readonly db: Db;
  readonly clock: Clock;
  /** Ids that sort by time. */
  readonly newId: () => string;
  readonly log: Log;
  /** Deployments of this cluster wait now. */
  readonly wake: (cluster: string) => void;
};

export type SmartRedeploy = {
  /**
   * Starts a run, or joins an equal one that is under way; a dry run is carried out at once and
   * returned finished. Throws {@link ActRefused} for a cluster that is not configured.
   */
  readonly start: (
    request: RunRequest,
    by: { readonly origin: RunOrigin; readonly actor: string | null; readonly signal: AbortSignal },
  ) => Promise<RunView>;
  /** Carries runs out until the signal is aborted; those that were open before go on. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

const POLL_MS = 500;
const PROGRESS_EVERY_MS = 500;
/** A service that somebody else is updating is checked again this much later … */
const AGAIN_MS = 5_000;
/** … and left as it is after this. */
const AGAIN_FOR_MS = 10 * 60_000;
const LONGEST_SLEEP_MS = 60_000;

export const createSmartRedeploy = (deps: SmartRedeployDeps): SmartRedeploy => {
  const { db, clock, log } = deps;
  const bell = createBell(clock);
  /** Those of this process: any other that is open has lost its own. */
  const dryRuns = new Set<string>();

  const load = async (id: string): Promise<RunView> => {
    const view = await readRun(db, id);
    if (view === null) throw new Error(`run ${id} is not in the store`);
    return view;
  };

  const carryOut = async (run: Run, signal: AbortSignal): Promise<void> => {
    try {
      const problems = await checkAll(deps, run, signal);
      while ((await openDeploymentsOfRun(db, run.id)) > 0) await clock.wait(POLL_MS, signal);
      const reason = problems.length === 0 ? null : problems.join('; ');
      await endRun(db, run.id, reason === null ? 'done' : 'failed', reason, clock.now());
      log.info('run ended', { run: run.id, reason });
    } catch (error) {
      // The next start takes it up again.
      if (signal.aborted && !run.request.dryRun) return;
      const reason = signal.aborted
        ? 'nobody waited for it any more'
        : 'an error of the helper itself, see its log';
      if (signal.aborted) log.info('run given up', { run: run.id, reason });
      else log.error('run broke', { run: run.id, error });
      await endRun(db, run.id, 'failed', reason, clock.now());
    }
  };

  return {
    start: async (request, { origin, actor, signal }) => {
      const known = deps.clusters.map(({ cluster }) => cluster.name);
      if (request.cluster !== null && !known.includes(request.cluster)) {
        const text = `no cluster is named ${request.cluster}; there is ${known.join(', ')}`;
        throw new ActRefused('not-found', text);
      }
      const newId = deps.newId();
      if (request.dryRun) dryRuns.add(newId);
      const id = await startRun(db, { id: newId, request, origin, actor }, clock.now());
      log.info('run started', { run: id, origin, actor, request });
      if (request.dryRun) await carryOut({ id, request, origin, actor, state: 'queued' }, signal);
      else bell.ring();
      dryRuns.delete(newId);
      return load(id);
    },
    run: async (signal) => {
      const running = new Map<string, Promise<void>>();
      const open = await openRuns(db);
      for (const { id, request } of open) {
        const reason = 'the helper ended while it was checking';
        if (request.dryRun && !dryRuns.has(id)) await endRun(db, id, 'failed', reason, clock.now());
      }
      while (!signal.aborted) {
        for (const run of await openRuns(db)) {
          // A dry run belongs to the request that asked for it and dies with the process.
          if (running.has(run.id) || run.request.dryRun) continue;
          running.set(
            run.id,
            carryOut(run, signal).finally(() => running.delete(run.id)),
          );
        }
        await bell.wait(LONGEST_SLEEP_MS, signal);
      }
      await Promise.all(running.values());
    },
  };
};

/** Checks every selected cluster and queues what must be deployed; returns the problems of clusters that could not be checked. */
const checkAll = async (
  deps: SmartRedeployDeps,
  run: Run,
  signal: AbortSignal,
): Promise<string[]> => {
  const asked = deps.clusters.filter(
    ({ cluster }) => run.request.cluster === null || run.request.cluster === cluster.name,
  );
  const progress = createProgress(deps, run);
  const shared = { ...deps, registries: askOnce(deps) };
  const problems = await Promise.all(
    asked.map(async (one) => {
      try {
        await checkUntilSettled(shared, run, one, progress.of(one.cluster.name), signal);
        return [];
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        return [error.message];
      }
    }),
  );
  await progress.flush('deploying');
  return problems.flat();
};

/** Registries that are asked once for an image, however many clusters use it. */
const askOnce = ({
  registries,
  spentBudget,
}: SmartRedeployDeps): CheckClusterDeps['registries'] => {
  const answers = new Map<string, Promise<LookUp>>();
  const askWithinBudget = async (image: TaggedImage, signal: AbortSignal): Promise<LookUp> => {
    const detail = spentBudget(image.registry);
    return detail === null
      ? registries.findDigest(image, signal)
      : { kind: 'failed', reason: 'rate-limited', detail, retryAfterMs: null };
  };
  return {
    ...registries,
    findDigest: (image, signal) => {
      const key = imageWithTag(image);
      const answer = answers.get(key) ?? askWithinBudget(image, signal);
      answers.set(key, answer);
      return answer;
    },
  };
};

/** Checks one cluster, and again those services that somebody else was updating. */
const checkUntilSettled = async (
  deps: SmartRedeployDeps,
  run: Run,
  one: SmartRedeployDeps['clusters'][number],
  onProgress: Parameters<typeof checkCluster>[2],
  signal: AbortSignal,
): Promise<void> => {
  const checkDeps = { ...deps, ...one, now: deps.clock.now };
  const until = deps.clock.now() + AGAIN_FOR_MS;
  let request = run.request;
  const found = new Map<string, RunService>();
  for (;;) {
    const planned = await checkCluster(checkDeps, request, onProgress, signal);
    for (const [id, service] of await commit(deps, run, one.cluster.name, planned))
      found.set(id, service);
    await deps.db
      .transaction()
      .execute((query) => putRunServices(query, run.id, one.cluster.name, [...found.values()]));
    const updating = planned.filter(({ step }) => step.kind === 'look-again');
    if (updating.length === 0 || run.request.dryRun || deps.clock.now() > until) return;
    await deps.clock.wait(AGAIN_MS, signal);
    request = { ...run.request, services: updating.map(({ service }) => service.id) };
  }
};

const commit = async (
  deps: SmartRedeployDeps,
  run: Run,
  cluster: string,
  planned: readonly PlannedService[],
): Promise<Map<string, RunService>> => {
  const now = deps.clock.now();
  const kind = run.origin === 'person' ? ('smart-redeploy' as const) : ('schedule' as const);
  const triggers: Trigger[] = [{ kind, source: run.id }];
  const found = new Map<string, RunService>();
  await deps.db.transaction().execute(async (query) => {
    await recordChecked(query, planned, now);
    for (const { service, image, step, view } of planned) {
      if (step.kind !== 'deploy' || image === null || run.request.dryRun) {
        found.set(service.id, { view, deployment: null });
        continue;
      }
      const { from, to, cause } = step;
      const wanted = { id: deps.newId(), cluster, service, image, from, to, cause, triggers };
      const { id } = await queueDeployment(query, wanted, now);
      found.set(service.id, { view: { ...view, deployment: id }, deployment: id });
    }
  });
  deps.wake(cluster);
  return found;
};

/** Adds up the progress of the clusters and puts it on disk, not more often than people can see. */
const createProgress = (
  deps: SmartRedeployDeps,
  run: Run,
): {
  readonly of: (cluster: string) => Parameters<typeof checkCluster>[2];
  readonly flush: (state: 'checking' | 'deploying') => Promise<void>;
} => {
  const parts = new Map<string, { services: number; images: number; checked: number }>();
  let writtenAt = 0;
  const flush = async (state: 'checking' | 'deploying'): Promise<void> => {
    const sum: RunProgress = [...parts.values()].reduce(
      (total, part) => ({
        services: total.services + part.services,
        images: total.images + part.images,
        checkedImages: total.checkedImages + part.checked,
      }),
      { services: 0, images: 0, checkedImages: 0 },
    );
    await setRunProgress(deps.db, run.id, state, sum);
  };
  return {
    flush,
    of: (cluster) => (part) => {
      // A second check of a few services is no new progress.
      const before = parts.get(cluster);
      if (before === undefined || part.services >= before.services) parts.set(cluster, part);
      if (deps.clock.now() - writtenAt < PROGRESS_EVERY_MS) return;
      writtenAt = deps.clock.now();
      flush('checking').catch((error: unknown) =>
        deps.log.error('progress not kept', { run: run.id, error }),
      );
    },
  };
};
