import type { Cluster } from '../../core/swarm/cluster.ts';
import type { Observation } from '../../core/swarm/service.ts';
import { movementOf } from './task-movement.ts';

/**
 * The places of one cluster: how many rollouts may restart tasks at one time. A rollout that only waits (for the
 * delay between two tasks, for the monitor period, or for a fitting node) holds no place.
 */
export type Places = {
  readonly areFree: () => boolean;
  /**
   * A rollout of this service begins. It holds a place until it is seen to wait.
   *
   * @param isSent its update was sent earlier, for example by the previous process
   */
  readonly take: (service: string, isSent: boolean) => void;
  /** The cluster for this rollout. Its calls show what the rollout does. */
  readonly watch: (service: string, cluster: Cluster) => Cluster;
  readonly leave: (service: string) => void;
};

/** How long the engine may take to begin an update that it has accepted. */
const BEGINS_WITHIN_MS = 5_000;
/** Between the end of one task and the start of the next, nothing moves for a moment. */
const STILL_FOR_MS = 2_000;
/** A rollout with no further running task for this long is stuck: a hung pull or a crash loop. */
const STUCK_AFTER_MS = 60_000;

type Rollout = {
  /** Monotonic, like all times here. Null before the update is sent. */
  readonly sentAt: number | null;
  /** Null until the service is observed after the send. */
  readonly picture: string | null;
  readonly pictureSince: number;
  readonly hasBegun: boolean;
  readonly isBusy: boolean;
  /** The most running tasks seen so far. */
  readonly running: number;
  readonly progressAt: number;
};

/**
 * @param most rollouts that may restart tasks at one time
 * @param onSeen called after each observation of a followed service: a place may have become free
 */
export const createPlaces = (most: number, monotonic: () => number, onSeen: () => void): Places => {
  const rollouts = new Map<string, Rollout>();

  const isRestarting = (one: Rollout): boolean => {
    const now = monotonic();
    if (now - one.progressAt >= STUCK_AFTER_MS) return false;
    if (one.sentAt === null || one.isBusy) return true;
    if (!one.hasBegun) return now - one.sentAt < BEGINS_WITHIN_MS;
    return now - one.pictureSince < STILL_FOR_MS;
  };

  const take = (service: string, isSent: boolean): void => {
    const now = monotonic();
    rollouts.set(service, {
      sentAt: isSent ? now : null,
      picture: null,
      pictureSince: now,
      hasBegun: false,
      isBusy: false,
      running: 0,
      progressAt: now,
    });
  };

  const see = (service: string, seen: Observation): void => {
    const one = rollouts.get(service);
    // Before the update is sent, nothing restarts.
    if (one === undefined || one.sentAt === null) return;
    const now = monotonic();
    const { running, picture, now: movement } = movementOf(seen);
    const isChanged = picture !== one.picture;
    rollouts.set(service, {
      sentAt: one.sentAt,
      picture,
      pictureSince: isChanged ? now : one.pictureSince,
      hasBegun: one.hasBegun || movement !== 'still' || (isChanged && one.picture !== null),
      isBusy: movement === 'busy',
      running: Math.max(running, one.running),
      progressAt: running > one.running ? now : one.progressAt,
    });
    onSeen();
  };

  return {
    areFree: () => [...rollouts.values()].filter(isRestarting).length < most,
    take,
    watch: (service, cluster) => {
      const { restorePrevious } = cluster;
      return {
        ...cluster,
        observe: async (id, signal) => {
          const seen = await cluster.observe(id, signal);
          if (seen !== null) see(service, seen);
          return seen;
        },
        updateImage: (update, signal) => {
          take(service, true);
          return cluster.updateImage(update, signal);
        },
        ...(restorePrevious === undefined
          ? {}
          : {
              restorePrevious: (one, signal) => {
                take(service, true);
                return restorePrevious(one, signal);
              },
            }),
      };
    },
    leave: (service) => void rollouts.delete(service),
  };
};
