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

/** What the work is made of. */
export type WorkOptions = {
  readonly clusters: readonly {
    readonly cluster: Cluster;
    readonly select: Selection;
    readonly maxParallel: number;
  }[];
  readonly registries: Registries;
  /** What the id of the container that we run in may be, or begin with; none outside of one. */
  readonly ownContainerIds?: readonly string[];
  readonly db: Db;
  /** See `Store`: null, and by default, where no other process can have the store. */
  readonly fence?: Store['fence'];
  /** This process. */
  readonly instance?: Instance;
  /** Other instances with the same store; none by default. */
  readonly others?: Others;
  /** Is told what the store's clock shows. */
  readonly onStoreTime?: (now: number) => void;
  /** Only tests have a clock for the store. */
  readonly storeTime?: StoreTime;
  readonly openIntake: OpenIntake;
  /** Has a function called whenever something was written to the store. */
  readonly onChange: Changes['onChange'];
  readonly clock: Clock;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly spentBudget: (host: string) => string | null;
  readonly retention: Retention;
  /** All unless told otherwise. */
  readonly shortcuts?: Shortcuts;
  /** Receivers of messages about ended deployments. */
  readonly notifications?: readonly NoticeChannel[];
  readonly schedule: ScheduleOptions;
  /** Whether the store was made by this start; not, unless told so. */
  readonly isNew?: boolean;
  /** Forges that get reports about their commits. */
  readonly forges?: readonly Forge[];
  /** The helper's public address, for links in reports to forges; null if there is none. */
  readonly publicUrl?: string | null;
  /** What the configuration says about gates; nothing unless told so. */
  readonly gating?: Gating;
};
