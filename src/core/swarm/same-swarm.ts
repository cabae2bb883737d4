/** What is known of the Swarm behind a cluster. */
export type SwarmSigns = {
  /** Null if the cluster does not report it. */
  readonly swarmId: string | null;
  /** Ids of its services, which no two Swarms share; null if they were not requested. */
  readonly serviceIds: ReadonlySet<string> | null;
};

/** Whether two clusters are the same Swarm, or null if that cannot be determined from this. */
export const isSameSwarm = (one: SwarmSigns, other: SwarmSigns): boolean | null => {
  if (one.swarmId !== null && other.swarmId !== null) return one.swarmId === other.swarmId;
  if (one.serviceIds === null || other.serviceIds === null) return null;
  // Without services there is nothing to compare, and nothing to do twice yet.
  if (one.serviceIds.size === 0 || other.serviceIds.size === 0) return null;
  return !one.serviceIds.isDisjointFrom(other.serviceIds);
};
