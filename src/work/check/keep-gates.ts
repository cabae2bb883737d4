import { backoffMs } from '../../core/backoff.ts';
import { ClusterError } from '../../core/swarm/cluster.ts';
import type { Service } from '../../core/swarm/service.ts';
import { type FindFreeze, readFreezes } from '../../store/holds/freezes.ts';
import { postponeWaiting, readWaiting, type Waiting } from '../../store/gates/waiting.ts';
import { runLoop } from '../loop/run-loop.ts';
import { openGates } from './open-gates.ts';
import type { GateKeeperDeps } from './gate-keeper-deps.ts';

/** Up to this many services are read one by one. For more, all are listed … */
const MOST_ONE_BY_ONE = 20;
/** … but at most this often. */
const LIST_AT_MOST_EVERY_MS = 60_000;
/** A freeze that ends on schedule rings no bell. */
const LONGEST_SLEEP_MS = 15_000;
/** Pause before services that became due during the last round. */
const DUE_AGAIN_MS = 1_000;
const AGAIN = { firstMs: 2_000, longestMs: 5 * 60_000 };

/**
 * Opens the gates of one cluster when their time has come. Due times are in the store and survive the process. While
 * services only wait, a round costs one read of the store.
 */
export const keepGates = async (deps: GateKeeperDeps, signal: AbortSignal): Promise<void> => {
  const { db, clock, cluster, log, bell } = deps;
  let listedAt = Number.NEGATIVE_INFINITY;
  /** Version of each service when it was last judged: a label may have changed since. */
  const judged = new Map<string, number>();

  const work = async (due: readonly Waiting[], services: readonly Service[]): Promise<void> => {
    await openGates(deps, due, services, signal);
    for (const { id, version } of services) judged.set(id, version);
  };

  /** Reads and judges each due service. */
  const workOneByOne = async (due: readonly Waiting[]): Promise<void> => {
    const seen = await Promise.all(due.map(({ serviceId }) => cluster.observe(serviceId, signal)));
    await work(
      due,
      seen.flatMap((one) => (one === null ? [] : [one.service])),
    );
  };

  /** Lists all services once, and judges those that are due or have changed since they were judged. */
  const workByList = async (all: readonly Waiting[], now: number): Promise<void> => {
    listedAt = clock.monotonic();
    const services = new Map(
      (await cluster.listServices(signal)).map((service) => [service.id, service]),
    );
    for (const id of judged.keys()) if (!services.has(id)) judged.delete(id);
    const due = all.filter((one) => {
      const service = services.get(one.serviceId);
      if (service === undefined || isDue(one, now)) return true;
      return service.version !== judged.get(one.serviceId);
    });
    const meant = due.flatMap(({ serviceId }) => services.get(serviceId) ?? []);
    if (due.length > 0) await work(due, meant);
  };

  const round = async (): Promise<number> => {
    const now = clock.now();
    const all = await readWaiting(db, cluster.name);
    if (all.length === 0) return LONGEST_SLEEP_MS;
    const freezeOf = await readFreezes(db, cluster.name, now);
    // A freeze outranks an open gate: frozen services are due after the freeze.
    const thawed = all.filter(isThawed(freezeOf));
    const due = thawed.filter((one) => isDue(one, now));
    const isListed = thawed.length > 0 && clock.monotonic() - listedAt >= LIST_AT_MOST_EVERY_MS;
    // Thousands may wait: do not read the store again if nothing was done.
    if (!isListed && due.length === 0) return nextDue(thawed, now);
    try {
      if (isListed) await workByList(thawed, now);
      else if (due.length <= MOST_ONE_BY_ONE) await workOneByOne(due);
      else return listedAt + LIST_AT_MOST_EVERY_MS - clock.monotonic();
    } catch (error) {
      if (signal.aborted || !(error instanceof ClusterError)) throw error;
      log.warn('gates could not be checked', { problem: error.message });
      const problem = error.message;
      for (const one of due) {
        const dueAt = now + backoffMs(AGAIN, one.attempts + 1, deps.random());
        await postponeWaiting(db, one, { dueAt, problem }, now);
      }
    }
    const left = (await readWaiting(db, cluster.name)).filter(isThawed(freezeOf));
    return nextDue(left, clock.now());
  };

  await runLoop(
    { clock, log },
    { name: 'gates', meaning: 'services wait at gates that may be open', round, bell },
    signal,
  );
};

/** Also due if the due time was set by a clock that has been set back since. */
const isDue = ({ dueAt, setAt }: Waiting, now: number): boolean => dueAt <= now || setAt > now;

const isThawed =
  (freezeOf: FindFreeze) =>
  ({ serviceId: id, serviceName: name, stack }: Waiting): boolean =>
    freezeOf({ id, name, stack }) === null;

const nextDue = (all: readonly Waiting[], now: number): number =>
  Math.min(
    LONGEST_SLEEP_MS,
    ...all.filter((one) => !isDue(one, now)).map(({ dueAt }) => dueAt - now),
    ...all.filter((one) => isDue(one, now)).map(() => DUE_AGAIN_MS),
  );
