import type { Log } from '../../core/log.ts';
import type { Selection } from '../../core/policy/labels.ts';
import type { Cluster } from '../../core/swarm/cluster.ts';
import type { Db } from '../../store/query/db.ts';
import type { Gating } from '../gates/gating.ts';
import type { Registries } from '../../core/contract/registries.ts';
import type { Clock } from '../loop/clock.ts';
import type { Bell } from '../loop/bell.ts';

export type GateKeeperDeps = {
  readonly cluster: Cluster;
  readonly select: Selection;
  readonly registries: Registries;
  readonly db: Db;
  readonly clock: Clock;
  readonly gating?: Gating;
  readonly newId: () => string;
  readonly random: () => number;
  readonly log: Log;
  /** Called after each commit that queued a deployment. */
  readonly onQueued: () => void;
  /** Rings when something new may wait, or may have become due. */
  readonly bell: Bell;
};
