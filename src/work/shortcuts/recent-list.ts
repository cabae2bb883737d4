import { imageName } from '../../core/image/image-reference.ts';
import type { Service } from '../../core/swarm/service.ts';

/** The repositories of a cluster's services as they were a moment ago. */
export type RecentList = {
  /**
   * Whether no service runs an image of the repository, as a list of all shows that was asked for after `since`, ms
   * since the epoch, and is young enough.
   */
  readonly lacks: (name: string, since: number, now: Moment) => boolean;
  /** Whether the next list is to be one of all services, because others may soon be spared theirs by it. */
  readonly isWanted: (now: Moment) => boolean;
  /** A list of all that was asked for at `at`. */
  readonly keep: (services: readonly Service[], at: Moment) => void;
  /** A look that this hook secret asked for found no service. */
  readonly missed: (at: Moment, secret: string | null) => void;
  /** The hook secret of the last such look, whose others can wait; null where that is long ago. */
  readonly missedSecret: (now: Moment) => string | null;
};

/** By the clock that pushes are dated by, and by one that is never set; both in ms. */
export type Moment = { readonly now: number; readonly monotonic: number };

/** What a service may become in this time is seen by the push that makes it so. */
const YOUNG_MS = 10_000;

/**
 * Whoever holds a hook secret can name repositories that nobody runs, as fast as they like. One list of all services
 * answers for all such pushes that came before it was asked for, so that they cost the cluster nothing and leave
 * their places in the queue at once.
 *
 * Shortcut: 5,000 pushes of made-up images are 2 lists instead of 5,000, and others wait for them for
 * seconds instead of a minute.
 */
export const createRecentList = (isOn = true): RecentList => {
  let kept: { readonly names: ReadonlySet<string>; readonly at: Moment } | null = null;
  let missed = { at: Number.NEGATIVE_INFINITY, secret: null as string | null };
  const isOnAt = ({ monotonic }: Moment): boolean => isOn && monotonic - missed.at < YOUNG_MS;
  return {
    lacks: (name, since, now) =>
      kept !== null &&
      kept.at.now > since &&
      // A clock that was set back since tells nothing of what came first.
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
