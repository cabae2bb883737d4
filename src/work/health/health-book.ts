import { type Cluster, ClusterError } from '../../core/swarm/cluster.ts';
import { type Health, type HealthView, NOT_OBSERVED } from '../../core/health/health.ts';
import { countsOf, type HealthInput, judgeHealth } from '../../core/health/judge-health.ts';
import { failuresAmong, remember, type TaskFailed } from '../../core/health/task-failures.ts';
import type { Service, Task } from '../../core/swarm/service.ts';
import type { Clock } from '../loop/clock.ts';
import type { HealthRecord } from './read-record.ts';

/** What is known of one service. */
export type Known = {
  readonly service: Service;
  readonly tasks: readonly Task[] | null;
  readonly failures: readonly TaskFailed[];
  readonly counted: HealthInput['counted'];
  readonly health: Health;
  /** When it was first observed with this health; monotonic. */
  readonly enteredAt: number;
  readonly view: HealthView;
};

export type HealthBook = {
  /** Observes the cluster. Concurrent callers share the answer. Rejects with `ClusterError`. */
  readonly observe: (signal: AbortSignal) => Promise<void>;
  /** By the service's id. */
  readonly known: () => ReadonlyMap<string, Known>;
  /** Age of what is known, in ms; infinite before the first observation and after a failed one. */
  readonly age: () => number;
};

export type HealthBookDeps = {
  readonly cluster: Pick<Cluster, 'name' | 'countServices' | 'listTasks'>;
  readonly readRecord: () => Promise<HealthRecord>;
  readonly clock: Clock;
  /** Called for each service whose health has changed since the last observation. */
  readonly changed: (service: Service, health: Health) => Promise<void>;
};

/** All tasks are read this often: a task that crashes and comes back at once changes no count. */
const ALL_TASKS_EVERY_MS = 60_000;
const TIMEOUT_MS = 20_000;
/** Smaller differences are rounding and latency: an answer is dated to the second, and takes time. */
const SAME_CLOCK_MS = 2_000;

type Tasks = ReadonlyMap<string, readonly Task[]> | null;

/** The observed state and health of one cluster's services. */
export const createHealthBook = (deps: HealthBookDeps): HealthBook => {
  const { cluster, clock } = deps;
  let known: ReadonlyMap<string, Known> = new Map();
  let tasksReadAt = Number.NEGATIVE_INFINITY;
  let observedAt = Number.NEGATIVE_INFINITY;
  /** How far the cluster's clock is ahead of ours, in ms. */
  let skewMs = 0;

  /** Reads the tasks of services that may have changed. The others keep what is known of them. */
  const readTasks = async (
    services: readonly Service[],
    signal: AbortSignal,
  ): Promise<{ readonly told: Tasks; readonly read: ReadonlySet<string> | 'all' }> => {
    const isAll = clock.monotonic() - tasksReadAt >= ALL_TASKS_EVERY_MS;
    const moved = services.filter((service) => hasMoved(known.get(service.id), service));
    if (!isAll && moved.length === 0) return { told: new Map(), read: new Set() };
    const ids = isAll ? null : moved.map(({ id }) => id);
    const answer = await cluster.listTasks(ids, signal);
    if (isAll) tasksReadAt = clock.monotonic();
    if (answer === null) return { told: null, read: ids === null ? 'all' : new Set(ids) };
    if (answer.at !== null) {
      const ahead = answer.at - clock.now();
      skewMs = Math.abs(ahead) < SAME_CLOCK_MS ? 0 : ahead;
    }
    return {
      told: Map.groupBy(answer.tasks, ({ serviceId }) => serviceId),
      read: ids === null ? 'all' : new Set(ids),
    };
  };

  const ask = async (signal: AbortSignal) => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      const services = await cluster.countServices(limited);
      return { services, ...(await readTasks(services, limited)) };
    } catch (error) {
      if (signal.aborted || error instanceof ClusterError || !limited.aborted) throw error;
      const detail = `no answer within ${TIMEOUT_MS / 1000} s`;
      throw new ClusterError(cluster.name, 'timed-out', detail, { retryable: true, cause: error });
    }
  };

  const round = async (signal: AbortSignal): Promise<void> => {
    const { services, told, read } = await ask(signal);
    const record = await deps.readRecord();
    const now = clock.now() + skewMs;
    const next = services.map((service): Known => {
      const before = known.get(service.id);
      const isRead = read === 'all' || read.has(service.id);
      const answered = told === null ? null : (told.get(service.id) ?? []);
      const tasks = isRead ? answered : (before?.tasks ?? null);
      return judge({ service, before, tasks }, record, now);
    });
    const changes = next.filter((one) => {
      const before = known.get(one.service.id);
      return before !== undefined && !isSame(before.health, one.health);
    });
    known = new Map(next.map((one) => [one.service.id, one]));
    observedAt = clock.monotonic();
    for (const { service, health } of changes) await deps.changed(service, health);
  };

  const judge = (
    { service, before, tasks }: Pick<Known, 'service' | 'tasks'> & { before: Known | undefined },
    record: HealthRecord,
    now: number,
  ): Known => {
    const seen = tasks === null ? [] : failuresAmong(service, tasks);
    const failures = remember(before?.failures ?? [], seen, now);
    const counts = countsOf({ service, tasks });
    const isShort = counts !== null && counts.running < counts.desired;
    const isEmpty = isShort && counts.running === 0;
    const keep = (isSo: boolean, since: number | null | undefined): number | null =>
      isSo ? (since ?? now) : null;
    const counted = {
      shortSince: keep(isShort, before?.counted.shortSince),
      emptySince: keep(isEmpty, before?.counted.emptySince),
      fullSince: keep(counts !== null && !isShort, before?.counted.fullSince),
    };
    const last = record.last(service.id);
    const judged = judgeHealth({
      service,
      tasks,
      failures,
      counted,
      now,
      isOurs: record.isOurs(service.id),
      isKnownBad: record.runsKnownBad(service, tasks),
      last: last === null ? null : { ...last, endedAt: last.endedAt + skewMs },
    });
    const isAsBefore = before?.health.health === judged.health;
    const health = { ...judged, since: isAsBefore ? before.health.since : judged.since };
    const monotonic = clock.monotonic();
    const forMs = Math.max(now - (judged.since ?? now), 0);
    // On the first observation, the service has been in this state for as long as its tasks say.
    const enteredAt = before === undefined ? monotonic - forMs : monotonic;
    return {
      service,
      tasks,
      failures,
      counted,
      health,
      enteredAt: isAsBefore ? before.enteredAt : enteredAt,
      view: viewOf(health, failures, record.heldByOthers(service), skewMs),
    };
  };

  let observing: Promise<void> | null = null;
  const observe = (signal: AbortSignal): Promise<void> => {
    observing ??= round(signal)
      .catch((error: unknown) => {
        if (error instanceof ClusterError) observedAt = Number.NEGATIVE_INFINITY;
        throw error;
      })
      .finally(() => {
        observing = null;
      });
    return observing;
  };

  return {
    observe,
    known: () => known,
    age: () => clock.monotonic() - observedAt,
  };
};

const isSame = (one: Health, other: Health): boolean =>
  one.health === other.health && one.reason === other.reason;

const hasMoved = (before: Known | undefined, service: Service): boolean =>
  before === undefined ||
  before.service.version !== service.version ||
  before.service.replicas?.running !== service.replicas?.running ||
  before.service.replicas?.desired !== service.replicas?.desired;

const viewOf = (
  { health, reason, since }: Health,
  failures: readonly TaskFailed[],
  runsHeld: HealthView['runsHeld'] | null,
  skewMs: number,
): HealthView => ({
  ...NOT_OBSERVED,
  health,
  healthReason: reason,
  healthSince: since === null ? null : new Date(since - skewMs).toISOString(),
  restarts: failures.length,
  lastError: failures.at(-1)?.error ?? null,
  ...(runsHeld === null || runsHeld === undefined ? {} : { runsHeld }),
});
