import type { Cluster } from '../core/cluster.ts';
import type { Selection } from '../core/labels.ts';
import type { Log } from '../core/log.ts';
import type { Db } from '../store/open-store.ts';
import type { KnownNodes } from './known-nodes.ts';
import type { KnownServices } from './known-services.ts';
import type { LookAhead } from './look-ahead.ts';
import type { Clock, Registries } from './ports.ts';
import type { SeenDigests } from './seen-digests.ts';

export type LookDeps = {
  readonly cluster: Cluster;
  readonly select: Selection;
  readonly registries: Registries;
  readonly db: Db;
  readonly clock: Clock;
  readonly known: KnownServices;
  readonly ahead: LookAhead;
  readonly seen: SeenDigests;
  readonly nodes: KnownNodes;
  /** The service that this helper itself runs as; null where it is none of the cluster's. */
  readonly ownServiceId: () => string | null;
  /** Called after each commit that queued or joined a deployment. */
  readonly onQueued: () => void;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
};
