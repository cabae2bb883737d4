import type { Cluster } from '../core/swarm/cluster.ts';
import type { Selection } from '../core/policy/labels.ts';
import type { Forge } from '../core/forge/report.ts';
import type { Log } from '../core/log.ts';
import type { NoticeChannel } from '../core/contract/notice.ts';
import type { Changes } from '../store/query/changes.ts';
import type { Instance } from '../store/leases/instances.ts';
import type { StoreTime } from '../store/leases/store-time.ts';
import type { Others } from '../store/query/others.ts';
import type { OpenIntake } from '../store/intake/open-intake.ts';
import type { Db, Store } from '../store/sqlite/open-store.ts';
import type { Retention } from '../store/prune/prune.ts';
import type { Gating } from './gates/gating.ts';
import type { Registries } from '../core/contract/registries.ts';
import type { Clock } from './loop/clock.ts';
import type { ScheduleOptions } from './runs/schedule.ts';
import type { Shortcuts } from './shortcuts/shortcuts.ts';

/** The parts that the work is built from. */
export type WorkOptions = {
  readonly clusters: readonly {
    readonly cluster: Cluster;
    readonly select: Selection;
    readonly maxParallel: number;
  }[];
  readonly registries: Registries;
  /** Ids, or beginnings of ids, that our container may have; empty outside a container. */
  readonly ownContainerIds?: readonly string[];
  readonly db: Db;
  /** See `Store`. Null, the default: no other process can use the store. */
  readonly fence?: Store['fence'];
  /** This process. */
  readonly instance?: Instance;
  /** Other instances with the same store. Default: none. */
  readonly others?: Others;
  /** Called with the store's current time. */
  readonly onStoreTime?: (now: number) => void;
  /** The store's clock; only tests set it. */
  readonly storeTime?: StoreTime;
  readonly openIntake: OpenIntake;
  /** Registers a function to call after each write to the store. */
  readonly onChange: Changes['onChange'];
  readonly clock: Clock;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly spentBudget: (host: string) => string | null;
  readonly retention: Retention;
  /** Default: all. */
  readonly shortcuts?: Shortcuts;
  /** Receivers of messages about ended deployments. */
  readonly notifications?: readonly NoticeChannel[];
  readonly schedule: ScheduleOptions;
  /** Whether this start created the store. Default: no. */
  readonly isNew?: boolean;
  /** Forges that get reports about their commits. */
  readonly forges?: readonly Forge[];
  /** The helper's public address, for links in reports to forges; null if there is none. */
  readonly publicUrl?: string | null;
  /** Gates from the configuration. Default: none. */
  readonly gating?: Gating;
};
