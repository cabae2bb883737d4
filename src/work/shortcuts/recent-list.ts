import { imageName } from '../../core/image/image-reference.ts';
import type { Service } from '../../core/swarm/service.ts';

/** The repositories of a cluster's services as they were a moment ago. */
export type RecentList = {
  /**
   * Whether a recent list of all services shows that none runs an image of the repository. The list must have been
   * requested after `since`, in ms since the epoch.
   */
  readonly lacks: (name: string, since: number, now: Moment) => boolean;
  /** Whether the next list should be of all services, because it may soon save others. */
  readonly isWanted: (now: Moment) => boolean;
  /** Keeps a list of all services that was requested at `at`. */
  readonly keep: (services: readonly Service[], at: Moment) => void;
  /** A check that this webhook secret caused found no service. */
  readonly missed: (at: Moment, secret: string | null) => void;
  /** The webhook secret of the last such check, whose other checks can wait; null if that was long ago. */
  readonly missedSecret: (now: Moment) => string | null;
};

/** Store time, by which pushes are dated, and monotonic time; both in ms. */
export type Moment = { readonly now: number; readonly monotonic: number };

/** If a service changes within this time, the push that causes the change is checked itself. */
const YOUNG_MS = 10_000;

/**
 * With a webhook secret, a sender can name repositories that nobody runs, as fast as it likes. One list of all
 * services answers all such pushes that arrived before it was requested. So they cost the cluster nothing, and leave
 * the queue at once.
 *
 * Shortcut: 5,000 pushes of made-up images cause 2 lists instead of 5,000, and other pushes wait for seconds instead
 * of a minute.
 */
export const createRecentList = (isOn = true): RecentList => {
  let kept: { readonly names: ReadonlySet<string>; readonly at: Moment } | null = null;
  let missed = { at: Number.NEGATIVE_INFINITY, secret: null as string | null };
  const isOnAt = ({ monotonic }: Moment): boolean => isOn && monotonic - missed.at < YOUNG_MS;
  return {
    lacks: (name, since, now) =>
      kept !== null &&
      kept.at.now > since &&
      // After the clock was set back, it does not show what came first.
      now.now >= kept.at.now &&
      now.monotonic - kept.at.monotonic < YOUNG_MS &&
      !kept.names.has(name),
    isWanted: isOnAt,
    keep: (services, at) => {
      if (!isOn) return;
      const names = services.flatMap(({ image }) => (image.ok ? [imageName(image.image)] : []));
      kept = { names: new Set(names), at };
    },
    missed: ({ monotonic }, secret) => {
      missed = { at: monotonic, secret };
    },
    missedSecret: (now) => (isOnAt(now) ? missed.secret : null),
  };
};
