import { GATE_NAMES, type Gate, type GateName } from '../../core/policy/gates/gate-state.ts';
import { readJson } from '../query/json.ts';
import type { Db } from '../sqlite/open-store.ts';

/** Services of a cluster that wait at a gate; a service may wait at several. */
export type WaitingCount = {
  readonly cluster: string;
  readonly gate: GateName;
  readonly services: number;
  /** Since when the one waits that has waited longest, ms since the epoch; null where none does. */
  readonly oldestSince: number | null;
};

/** What waits at each gate, for these clusters; every one has its count, also where nothing waits. */
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
