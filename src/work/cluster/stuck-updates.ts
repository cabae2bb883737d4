import type { Observation } from '../../core/swarm/service.ts';

/** Finds updates by somebody else that run no task and make no progress. */
export type StuckUpdates = {
  /** Takes an observation of a service that is being updated. Returns whether that update is stuck. */
  readonly see: (seen: Observation) => boolean;
};

/** After this long with no running task and no progress, a newer published digest may replace an update. */
const STUCK_AFTER_MS = 2 * 60_000;
/** Maximum number of services to remember. The oldest are dropped and would start over. */
const MOST = 1_000;

const runningOf = ({ service, tasks }: Observation): number =>
  tasks === null
    ? (service.replicas?.running ?? 0)
    : tasks.filter(({ state }) => state === 'running').length;

/**
 * For how long neither the service nor a task has changed, in ms, by the cluster's own times; 0 if it reports none.
 * With it, the first observation can already find an update stuck.
 */
const unchangedFor = ({ service, tasks, at }: Observation): number => {
  if (at === null || tasks === null) return 0;
  const times = [service.updatedAt, service.update?.startedAt, ...tasks.map(({ since }) => since)];
  const last = times.map((time) => Date.parse(time ?? '')).filter((time) => !Number.isNaN(time));
  return Math.max(0, at - Math.max(...last));
};

/** Remembers since when no task has run. A changed service and a running task both count as progress. */
export const createStuckUpdates = (monotonic: () => number): StuckUpdates => {
  const stuck = new Map<string, { readonly version: number; readonly since: number }>();
  return {
    see: (seen) => {
      const { id, version, replicas } = seen.service;
      if (runningOf(seen) > 0 || replicas?.desired === 0) {
        stuck.delete(id);
        return false;
      }
      const before = stuck.get(id);
      const since = before?.version === version ? before.since : monotonic() - unchangedFor(seen);
      stuck.delete(id);
      stuck.set(id, { version, since });
      for (const oldest of stuck.keys()) {
        if (stuck.size <= MOST) break;
        stuck.delete(oldest);
      }
      return monotonic() - since >= STUCK_AFTER_MS;
    },
  };
};
