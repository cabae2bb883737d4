import { GATE_NAMES, type Gate, type GateName } from '../../core/policy/gates/gate-state.ts';
import { readJson } from '../query/json.ts';
import type { Db } from '../sqlite/open-store.ts';

/** Services of a cluster that wait at a gate. A service may wait at several. */
export type WaitingCount = {
  readonly cluster: string;
  readonly gate: GateName;
  readonly services: number;
  /** Start of the longest wait, ms since the epoch; null if nothing waits. */
  readonly oldestSince: number | null;
};

/** The number of waiting services at each gate, for these clusters. Every gate has a count, even 0. */
export const countWaiting = async (
  db: Db,
  clusters: readonly string[],
): Promise<readonly WaitingCount[]> => {
  const rows = await db.selectFrom('waiting').select(['cluster', 'gates', 'since']).execute();
  const closed = rows.flatMap(({ cluster, gates, since }) =>
    [...new Set(readJson<Gate[]>(gates).map(({ gate }) => gate))].map((gate) => ({
      cluster,
      gate,
      since,
    })),
  );
  return clusters.flatMap((cluster) =>
    GATE_NAMES.map((gate) => {
      const some = closed.filter((one) => one.cluster === cluster && one.gate === gate);
      const oldest = some.reduce(
        (least, { since }) => Math.min(least, since),
        Number.POSITIVE_INFINITY,
      );
      return {
        cluster,
        gate,
        services: some.length,
        oldestSince: some.length === 0 ? null : oldest,
      };
    }),
  );
};
