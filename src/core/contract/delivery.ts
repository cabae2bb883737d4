import type { IgnoredEvent, ImagePush } from '../image/push.ts';

/** One accepted HTTP request of a sender, ready to be put on disk in one commit. */
export type NewDelivery = {
  /** Sorts by time. */
  readonly id: string;
  /** RFC 3339. */
  readonly receivedAt: string;
  readonly sender: string;
  /** Name of the secret that let it in, never its value. */
  readonly secret: string;
  /** Where it came from, as far as trusted proxies tell. */
  readonly address: string;
  readonly status: number;
  /** Only headers known to hold no secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null where nothing of it counted. */
  readonly body: string | null;
  readonly pushes: readonly ImagePush[];
  readonly ignored: readonly IgnoredEvent[];
  /** The sender's own id for it, which a repetition has again; null where the sender gives none. */
  readonly senderDeliveryId: string | null;
  /** The only clusters that it may act on; null for all. */
  readonly clusters: readonly string[] | null;
};

/** A delivery that is on disk. `duplicateOf` is the delivery with the same sender's id before it. */
export type AcceptedDelivery = { readonly id: string; readonly duplicateOf: string | null };

/** Thrown where as much work is waiting as may wait; the sender is asked to come again. */
export class BacklogFull extends Error {
  override readonly name = 'BacklogFull';
  readonly code = 'backlog-full';
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('too much work is waiting');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What a sender sent, before anything of it is believed but that it is JSON. */
export type IncomingDelivery = {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The bytes as they came, which is what signatures are over. */
  readonly raw: Uint8Array;
  readonly body: unknown;
};

/** A repository of JFrog that images are pushed to, and the one that services pull them from. */
export type VirtualRepository = { readonly local: string; readonly virtual: string };

/** What the holder of a hook secret may do; null limits nothing. */
export type HookLimits = {
  readonly senders: readonly string[] | null;
  /** Taken for images of senders that name no registry, and in place of the host that a registry claims. */
  readonly registry: string | null;
  /** JFrog's local repositories, with the virtual ones that services pull from instead. */
  readonly virtualRepositories: readonly VirtualRepository[] | null;
  readonly clusters: readonly string[] | null;
  /** Globs over registry and repository: `docker.io/acme/*`. */
  readonly repositories: readonly string[] | null;
};

/**
 * What a delivery turned out to be. `refused`: it shows no secret that lets it in, or shows a wrong
 * one; the sender is told no more than that.
 */
export type ReadDelivery<Secret> =
  | {
      readonly kind: 'understood';
      readonly sender: string;
      /** The secret that let it in, whose limits were applied. */
      readonly secret: Secret;
      readonly pushes: readonly ImagePush[];
      readonly ignored: readonly IgnoredEvent[];
      readonly senderDeliveryId: string | null;
      /** What the sender must be told back, with 200, before it sends anything; else null. */
      readonly handshake: Readonly<Record<string, string>> | null;
    }
  | { readonly kind: 'refused'; readonly sender: string }
  | { readonly kind: 'unrecognised'; readonly lookedFor: readonly string[] }
  /** None of the images that a sender of our own form names can be read: `ignored` says why, one by one. */
  | {
      readonly kind: 'unreadable';
      readonly sender: string;
      readonly ignored: readonly IgnoredEvent[];
    }
  | {
      readonly kind: 'too-many-pushes';
      readonly sender: string;
      readonly count: number;
      readonly most: number;
    };
