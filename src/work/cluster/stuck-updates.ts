import type { Observation } from '../../core/swarm/service.ts';

/** Updates by somebody else in which nothing runs and nothing gets on. */
export type StuckUpdates = {
  /** Takes what was seen of a service that is being updated; tells whether that update is stuck. */
  readonly see: (seen: Observation) => boolean;
};

/** After so long without progress, and with nothing running, a newer published digest may take the place of an update. */
const STUCK_AFTER_MS = 2 * 60_000;
/** As many services as may be stuck at one time; the oldest are seen anew. */
const MOST = 1_000;

const runningOf = ({ service, tasks }: Observation): number =>
  tasks === null
    ? (service.replicas?.running ?? 0)
    : tasks.filter(({ state }) => state === 'running').length;

/**
 * How long nothing has changed by what the cluster tells, ms: neither service nor task. 0 where it tells no time. So
 * whoever asks for the first time need not wait again.
 */
const unchangedFor = ({ service, tasks, at }: Observation): number => {
  if (at === null || tasks === null) return 0;
  const times = [service.updatedAt, service.update?.startedAt, ...tasks.map(({ since }) => since)];
  const last = times.map((time) => Date.parse(time ?? '')).filter((time) => !Number.isNaN(time));
  return Math.max(0, at - Math.max(...last));
};

/** Remembers since when nothing has run. A change of the service is progress, and so is a task that runs. */
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
