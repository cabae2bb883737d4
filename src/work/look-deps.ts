import type { Cluster } from '../core/cluster.ts';
import type { Selection } from '../core/labels.ts';
import type { Log } from '../core/log.ts';
import type { Db } from '../store/open-store.ts';
import type { PushAges } from './cluster/push-ages.ts';
import type { StuckUpdates } from './cluster/stuck-updates.ts';
import type { Clock, Registries } from './ports.ts';
import type { KnownServices } from './shortcuts/known-services.ts';
import type { SeenDigests } from './shortcuts/seen-digests.ts';

export type LookDeps = {
  readonly cluster: Cluster;
  readonly select: Selection;
  readonly registries: Registries;
  readonly db: Db;
  readonly clock: Clock;
  readonly known: KnownServices;
  readonly seen: SeenDigests;
  readonly stuck: StuckUpdates;
  readonly ages: PushAges;
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
