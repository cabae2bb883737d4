import type { Cluster } from '../../core/swarm/cluster.ts';
import type { Selection } from '../../core/policy/labels.ts';
import type { Log } from '../../core/log.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { PushAges } from '../cluster/push-ages.ts';
import type { Gating } from '../gates/gating.ts';
import type { StuckUpdates } from '../cluster/stuck-updates.ts';
import type { Registries } from '../../core/contract/registries.ts';
import type { Clock } from '../loop/clock.ts';
import type { KnownServices } from '../shortcuts/known-services.ts';
import type { RecentList } from '../shortcuts/recent-list.ts';
import type { SeenDigests } from '../shortcuts/seen-digests.ts';

export type CheckDeps = {
  readonly cluster: Cluster;
  readonly select: Selection;
  readonly registries: Registries;
  readonly db: Db;
  readonly clock: Clock;
  readonly known: KnownServices;
  readonly seen: SeenDigests;
  readonly recent: RecentList;
  readonly stuck: StuckUpdates;
  readonly ages: PushAges;
  /** Gates from the configuration. Default: none. */
  readonly gating?: Gating;
  /** Id of the helper's own service; null if it does not run on this cluster. */
  readonly ownServiceId: () => string | null;
  /** Called after each commit that queued or joined a deployment. */
  readonly onQueued: () => void;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
};
