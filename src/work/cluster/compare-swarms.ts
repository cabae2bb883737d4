import { type Cluster, ClusterError } from '../../core/swarm/cluster.ts';
import { isSameSwarm, type SwarmSigns } from '../../core/swarm/same-swarm.ts';

/** Thrown if two configured clusters turn out to be one Swarm: all work would be done twice. */
export class SameSwarm extends Error {
  override readonly name = 'SameSwarm';

  constructor(one: string, other: string) {
    super(`clusters ${one} and ${other} are the same Swarm: configure it once`);
  }
}

/** A cluster that has identified itself, whether it is up or not. */
export type ToldCluster = { readonly cluster: Cluster; readonly swarmId: string | null };

/**
 * Compares each pair of clusters until they are known to differ: by the Swarm's id, or by the services of both if one
 * reports no id. Throws {@link SameSwarm}. A cluster that cannot list its services now is compared next time.
 */
export const createSwarmComparison = (): ((
  all: readonly ToldCluster[],
  signal: AbortSignal,
) => Promise<void>) => {
  const different = new Set<string>();
  return async (all, signal) => {
    const lists = new Map<string, Promise<ReadonlySet<string> | null>>();
    const withServices = async (one: ToldCluster): Promise<SwarmSigns> => {
      const list = lists.get(one.cluster.name) ?? serviceIdsOf(one.cluster, signal);
      lists.set(one.cluster.name, list);
      return { ...one, serviceIds: await list };
    };
    for (const [one, other] of pairsOf(all)) {
      const names = [one.cluster.name, other.cluster.name] as const;
      const pair = JSON.stringify(names.toSorted());
      if (different.has(pair)) continue;
      const told =
        isSameSwarm({ ...one, serviceIds: null }, { ...other, serviceIds: null }) ??
        isSameSwarm(await withServices(one), await withServices(other));
      if (told === true) throw new SameSwarm(...names);
      if (told === false) different.add(pair);
    }
  };
};

const pairsOf = <T>(all: readonly T[]): readonly (readonly [T, T])[] =>
  all.flatMap((other, index) => all.slice(0, index).map((one) => [one, other] as const));

/** Null if the cluster cannot list them now. */
const serviceIdsOf = async (
  cluster: Cluster,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | null> => {
  try {
    return new Set((await cluster.listServices(signal)).map(({ id }) => id));
  } catch (error) {
    if (error instanceof ClusterError || signal.aborted) return null;
    throw error;
  }
};
