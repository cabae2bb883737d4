import { MONITOR_DEFAULT_MS } from './follow.ts';
import { ownTimeout } from '../policy/labels.ts';
import type { Service } from '../swarm/service.ts';

/** Time a task may take from creation to running, including the pull of its image. */
const TASK_START_MS = 2 * 60_000;
/** No update is given up sooner: pulls over a slow line are common. */
const SHORTEST_MS = 5 * 60_000;
const LONGEST_MS = 6 * 3_600_000;
/** Used if the cluster does not report its update policy. */
const UNTOLD_MS = 15 * 60_000;

/**
 * How long an update of this service may take, in ms: the value of its label, or else the sum of its own parallelism,
 * delay, monitor period and health check.
 */
export const rolloutTimeout = (service: Service): number => {
  const own = ownTimeout(service);
  if (own !== null) return own;
  if (service.updatePolicy === null) return UNTOLD_MS;
  const { parallelism, delayMs, monitorMs } = service.updatePolicy;
  const tasks = Math.max(service.replicas?.desired ?? 1, 1);
  const rounds = parallelism === 0 ? 1 : Math.ceil(tasks / parallelism);
  const each = TASK_START_MS + service.healthGraceMs + (monitorMs ?? MONITOR_DEFAULT_MS) + delayMs;
  return Math.min(Math.max(rounds * each, SHORTEST_MS), LONGEST_MS);
};
