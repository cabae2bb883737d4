/** What is known of the Swarm behind a cluster. */
export type SwarmSigns = {
  /** Null where the cluster does not tell it. */
  readonly swarmId: string | null;
  /** Ids of its services, which no two Swarms share; null where they were not asked for. */
  readonly serviceIds: ReadonlySet<string> | null;
};

/** Whether two clusters are one Swarm, or null where that cannot be told from this. */
export const isSameSwarm = (one: SwarmSigns, other: SwarmSigns): boolean | null => {
  if (one.swarmId !== null && other.swarmId !== null) return one.swarmId === other.swarmId;
  if (one.serviceIds === null || other.serviceIds === null) return null;
  // Without any service there is nothing to tell it by, and nothing to do twice yet.
  if (one.serviceIds.size === 0 || other.serviceIds.size === 0) return null;
  return !one.serviceIds.isDisjointFrom(other.serviceIds);
};
