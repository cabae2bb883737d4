import type { Digest } from '../image/digest.ts';
import { isJob } from '../swarm/job-progress.ts';
import { type Service, specDigest, type Task } from '../swarm/service.ts';
import type { DeploymentState } from '../contract/views.ts';
import type { Health, HealthReason } from './health.ts';
import type { TaskFailed } from './task-failures.ts';

/** Too few running tasks mean nothing until this time has passed: an update may take as long to become visible. */
export const SETTLE_MS = 5_000;
/** This many failures within the window are a crash loop. */
export const LOOP_FAILURES = 3;
export const LOOP_WINDOW_MS = 10 * 60_000;
/** A service without a failure for this long has recovered. */
export const CALM_MS = 2 * 60_000;
/** How long new tasks may take to be pulled and started. */
export const NEW_TASKS_MS = 10 * 60_000;

/** What is known about one service. All times are ms since the epoch, by the cluster's clock. */
export type HealthInput = {
  readonly service: Pick<
    Service,
    'mode' | 'image' | 'update' | 'specReplicas' | 'replicas' | 'createdAt' | 'updatedAt'
  >;
  /** Including ended ones; null if the cluster reports none. */
  readonly tasks: readonly Task[] | null;
  /** Remembered, oldest first. */
  readonly failures: readonly TaskFailed[];
  /** Whether the helper's own rollout is in progress. */
  readonly isOurs: boolean;
  /** Whether the digest in the spec is known bad for this service. */
  readonly isKnownBad: boolean;
  /** The newest deployment that ran to its end; null if there is none. */
  readonly last: {
    readonly state: DeploymentState;
    readonly to: Digest | null;
    readonly endedAt: number;
  } | null;
  /** Since when the counts have been these without a break; null if they are different now. */
  readonly counted: {
    readonly emptySince: number | null;
    readonly shortSince: number | null;
    readonly fullSince: number | null;
  };
  readonly now: number;
};

const health = (
  name: Health['health'],
  reason: HealthReason | null,
  since: number | null,
): Health => ({ health: name, reason, since });

const at = (time: string): number => Date.parse(time);

/** How many tasks run and should run; null if unknown. Jobs have no number that should run. */
export const countsOf = ({
  service,
  tasks,
}: Pick<HealthInput, 'service' | 'tasks'>): {
  readonly running: number;
  readonly desired: number;
} | null => {
  if (isJob(service)) return null;
  if (service.replicas !== null) return service.replicas;
  if (tasks === null) return null;
  const wanted = tasks.filter(({ desired }) => desired === 'running');
  const running = wanted.filter(({ state }) => state === 'running').length;
  return { running, desired: service.specReplicas ?? wanted.length };
};

/** Decides whether a service works. Pure. */
export const judgeHealth = (input: HealthInput): Health => {
  const { service, now } = input;
  const counts = countsOf(input);
  const failures = failuresOfImage(input);
  const rollout = rolloutOf(input, counts);
  if (rollout !== null) return rollout;
  const isStopped = counts?.desired === 0;
  if (!isStopped) {
    const failing = failingOf(input, counts, failures);
    if (failing !== null) return failing;
  }
  const paused = service.update?.state;
  if (paused === 'paused') return health('paused', 'update-paused', at(service.updatedAt));
  if (paused === 'rollback_paused') {
    return health('paused', 'rollback-paused', at(service.updatedAt));
  }
  if (isStopped) return health('stopped', 'no-replicas', at(service.updatedAt));
  const starting = startingSince(input, counts, failures);
  if (starting !== null) return health('deploying', 'starting', starting);
  const short = shortSince(input, counts);
  if (short !== null && now - short >= SETTLE_MS) return health('degraded', 'too-few-run', short);
  const recent = recentFailures(failures, now);
  // The crash loop has calmed down.
  const [first] = recent;
  if (first !== undefined && recent.length < LOOP_FAILURES) {
    return health('degraded', 'task-failed', first.at);
  }
  if (counts === null && input.tasks === null) return health('unknown', 'not-observed', null);
  return health('ok', null, fullSince(input));
};

/** Failures of the present image. Those of the image before say nothing about it. */
const failuresOfImage = ({ service, failures }: HealthInput): readonly TaskFailed[] => {
  const digest = specDigest(service);
  return failures.filter((one) => digest === null || one.digest === null || one.digest === digest);
};

const recentFailures = (failures: readonly TaskFailed[], now: number): readonly TaskFailed[] =>
  failures.filter((one) => one.at > now - LOOP_WINDOW_MS);

type Counts = ReturnType<typeof countsOf>;

/** The helper's own rollouts have deadlines. Somebody else's may stand still forever. */
const rolloutOf = (input: HealthInput, counts: Counts): Health | null => {
  const { service, isOurs, now } = input;
  const begun = service.update?.startedAt ?? null;
  const since = begun === null ? at(service.updatedAt) : at(begun);
  if (isOurs) return health('deploying', 'own-deployment', since);
  const state = service.update?.state;
  if (state !== 'updating' && state !== 'rollback_started') return null;
  const isShort = counts !== null && counts.running < counts.desired;
  const changes = (input.tasks ?? []).map((task) => at(task.since));
  const isStill = now - Math.max(since, at(service.updatedAt), ...changes) > NEW_TASKS_MS;
  if (isShort && isStill) return null;
  return health('deploying', state === 'updating' ? 'updating' : 'rolling-back', since);
};

const failingOf = (
  input: HealthInput,
  counts: Counts,
  failures: readonly TaskFailed[],
): Health | null => {
  const { service, last, now } = input;
  if (input.isKnownBad) return health('failing', 'known-bad-runs', at(service.updatedAt));
  const recent = recentFailures(failures, now);
  const newest = recent.at(-1);
  if (
    newest !== undefined &&
    recent.length >= LOOP_FAILURES &&
    (now - newest.at < CALM_MS || isShort(counts))
  ) {
    const first = recent[0]?.at ?? newest.at;
    return health('failing', newest.ran ? 'crash-loop' : 'cannot-start', first);
  }
  if (isFailedImage(input) && !isCalm(input, counts, failures)) {
    return health('failing', 'deployment-failed', last?.endedAt ?? null);
  }
  const empty = emptySince(input, counts);
  const isNew = startingSince(input, counts, failures) !== null;
  if (empty !== null && now - empty >= SETTLE_MS && !isNew) {
    return health('failing', 'nothing-runs', empty);
  }
  return null;
};

const isShort = (counts: Counts): boolean => counts !== null && counts.running < counts.desired;

/** Whether the spec still names the digest of the last failed deployment. */
const isFailedImage = ({ service, last }: HealthInput): boolean =>
  last !== null &&
  (last.state === 'failed' || last.state === 'rolled-back') &&
  last.to !== null &&
  last.to === specDigest(service);

/** Whether all tasks have run without a failure for as long as a recovery takes. */
const isCalm = (input: HealthInput, counts: Counts, failures: readonly TaskFailed[]): boolean => {
  const newest = failures.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  const full = fullSince(input) ?? input.now;
  return !isShort(counts) && input.now - Math.max(newest, full) >= CALM_MS;
};

/** When the newest of the running tasks started; null if unknown. */
const fullSince = ({ tasks, counted }: HealthInput): number | null => {
  if (tasks === null) return counted.fullSince;
  const running = tasks.filter(
    ({ state, desired }) => state === 'running' && desired === 'running',
  );
  return running.length === 0
    ? counted.fullSince
    : Math.max(...running.map((task) => at(task.since)));
};

const NEVER_RAN: ReadonlySet<Task['state']> = new Set(['rejected']);
const ENDED: ReadonlySet<Task['state']> = new Set([
  'complete',
  'shutdown',
  'failed',
  'rejected',
  'remove',
  'orphaned',
]);

/** When the last running task ended, according to the kept tasks; the service's own time if none did. */
const lastEnd = ({ service, tasks }: HealthInput): number | null => {
  if (tasks === null) return null;
  const ends = tasks
    .filter(({ state }) => ENDED.has(state) && !NEVER_RAN.has(state))
    .map((task) => at(task.since));
  return Math.max(at(service.createdAt), ...ends);
};

/** The earlier of the uninterrupted count and the tasks' own times. */
const earlier = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

const emptySince = (input: HealthInput, counts: Counts): number | null =>
  counts !== null && counts.desired > 0 && counts.running === 0
    ? earlier(input.counted.emptySince, lastEnd(input))
    : null;

const shortSince = (input: HealthInput, counts: Counts): number | null =>
  isShort(counts) ? earlier(input.counted.shortSince, lastEnd(input)) : null;

/** Since when the missing tasks have been starting, unless something indicates that they are not. */
const startingSince = (
  input: HealthInput,
  counts: Counts,
  failures: readonly TaskFailed[],
): number | null => {
  const { service, tasks, now } = input;
  if (!isShort(counts) || recentFailures(failures, now).length > 0) return null;
  if (tasks === null) {
    const age = now - at(service.createdAt);
    // Such a cluster reports no time either. By our clock, the creation may be in the future.
    return age >= 0 && age < NEW_TASKS_MS ? at(service.createdAt) : null;
  }
  const missing = tasks.filter(
    ({ state, desired }) => desired === 'running' && state !== 'running',
  );
  // A task that cannot be placed has an error, and a service that was just created may have no task at all.
  if (missing.some(({ state, error }) => ENDED.has(state) || error !== null)) return null;
  const since =
    missing.length === 0
      ? at(service.updatedAt)
      : Math.min(...missing.map((task) => at(task.createdAt)));
  return now - since < (missing.length === 0 ? SETTLE_MS : NEW_TASKS_MS) ? since : null;
};
