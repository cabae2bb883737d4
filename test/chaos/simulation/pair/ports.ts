import { sql } from 'kysely';
import { type Cluster, ClusterError } from '../../../../src/core/swarm/cluster.ts';
import { readLeases } from '../../../../src/store/leases/leases.ts';
import type { StoreTime } from '../../../../src/store/leases/store-time.ts';
import type { Clock } from '../../../../src/work/loop/clock.ts';
import type { Stage } from '../world.ts';
import type { Line } from './line.ts';

export const CLUSTER_LEASE = 'cluster:one';
/** The time of this clock, for queries of the test itself. */
export const timeOf =
  ({ now }: Pick<Clock, 'now'>): StoreTime =>
  () =>
    sql<number>`cast(${now()} as bigint)`;

type Ask = () => Promise<unknown>;

const AT_ONCE: ReadonlySet<string | symbol> = new Set(['close']);

/** The same cluster, with something around each of its requests. */
const aroundEach = (
  cluster: Cluster,
  around: (ask: Ask, name: string | symbol) => Promise<unknown>,
): Cluster =>
  new Proxy(cluster, {
    get: (target, key, receiver) => {
      const value = Reflect.get(target, key, receiver) as unknown;
      if (typeof value !== 'function' || AT_ONCE.has(key)) return value;
      const asked = value as (...all: unknown[]) => Promise<unknown>;
      return (...given: unknown[]) => around(() => asked.apply(target, given), key);
    },
  });

/** A cluster that never gets the requests of a helper that is cut off from it, or whose answers never arrive. */
export const throughLine =
  (line: Line, isOnlyAnswerLost: () => boolean) =>
  (cluster: Cluster): Cluster =>
    aroundEach(cluster, async (ask) => {
      if (!line.isCutFrom('cluster')) return ask();
      const mayHaveHappened = isOnlyAnswerLost();
      if (mayHaveHappened) await ask().catch(() => {});
      const options = { retryable: true, mayHaveHappened };
      throw new ClusterError('one', 'unreachable', 'this helper is cut off', options);
    });

/** A law: an instance sends an update only while it holds the lease of the cluster, by the clock of the store. */
export const onlyByHolder =
  ({ bench, broken, say }: Stage, id: string) =>
  (cluster: Cluster): Cluster =>
    aroundEach(cluster, async (ask, name) => {
      if (name !== 'updateImage') return ask();
      const { leases } = await readLeases(bench.store.db, timeOf(bench.clock));
      const lease = leases.find((one) => one.name === CLUSTER_LEASE);
      say(`${id} sends an update`);
      if (lease?.holder !== id) {
        broken.push(`${id} sends an update, but ${lease?.holder ?? 'nobody'} has the lease`);
      }
      return ask();
    });
