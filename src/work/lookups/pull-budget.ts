/** What a registry said about its own limit. */
export type Quota = {
  readonly host: string;
  readonly limit: number;
  readonly remaining: number;
  readonly windowSeconds: number;
  /** When it said so, in ms since the epoch. */
  readonly at: number;
};

/** Default reserve: leaves the nodes something to pull with. */
const USUAL_RESERVE = 10;

/**
 * Returns why a registry must be left alone for now, in one line for a person, or null. SmartRedeploy leaves the
 * reserve of the registry's limit to the nodes, which have to pull.
 *
 * @param reserves pulls to leave, by host
 * @param now ms since the epoch
 */
export const createPullBudget =
  (quotas: () => readonly Quota[], reserves: ReadonlyMap<string, number>, now: () => number) =>
  (host: string): string | null => {
    const quota = quotas().find((one) => one.host === host);
    const reserve = reserves.get(host) ?? USUAL_RESERVE;
    if (quota === undefined || quota.remaining >= reserve) return null;
    if (now() > quota.at + quota.windowSeconds * 1000) return null;
    return `${host} has ${quota.remaining} of ${quota.limit} pulls left, below the reserve of ${reserve}`;
  };
