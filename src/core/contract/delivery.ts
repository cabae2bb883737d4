import type { IgnoredEvent, ImagePush } from '../image/push.ts';

/** One accepted HTTP request of a sender, ready to be stored in one commit. */
export type NewDelivery = {
  /** Sorts by time. */
  readonly id: string;
  /** RFC 3339. */
  readonly receivedAt: string;
  readonly sender: string;
  /** Name of the secret that admitted it, never the secret itself. */
  readonly secret: string;
  /** The client's address, as far as trusted proxies report it. */
  readonly address: string;
  readonly status: number;
  /** Only headers that are known to contain no secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null if nothing in it counted. */
  readonly body: string | null;
  readonly pushes: readonly ImagePush[];
  readonly ignored: readonly IgnoredEvent[];
  /** The sender's own id for it, repeated when the sender retries; null if the sender sets none. */
  readonly senderDeliveryId: string | null;
  /** The only clusters that it may act on; null for all. */
  readonly clusters: readonly string[] | null;
};

/** A stored delivery. `duplicateOf` is the earlier delivery with the same sender id. */
export type AcceptedDelivery = { readonly id: string; readonly duplicateOf: string | null };

/** Thrown if the queue of waiting work is full. The sender is asked to retry. */
export class BacklogFull extends Error {
  override readonly name = 'BacklogFull';
  readonly code = 'backlog-full';
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('too much work is waiting');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A sender's request. All that is known is that it is JSON. */
export type IncomingDelivery = {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The unmodified bytes, which signatures cover. */
  readonly raw: Uint8Array;
  readonly body: unknown;
};

/** A JFrog repository that images are pushed to, and the virtual one that services pull from. */
export type VirtualRepository = { readonly local: string; readonly virtual: string };

/** What a webhook secret allows; null limits nothing. */
export type HookLimits = {
  readonly senders: readonly string[] | null;
  /** Used for images of senders that name no registry, and instead of the host that a registry claims. */
  readonly registry: string | null;
  /** JFrog's local repositories, with the virtual ones that services pull from instead. */
  readonly virtualRepositories: readonly VirtualRepository[] | null;
  readonly clusters: readonly string[] | null;
  /** Globs over registry and repository: `docker.io/acme/*`. */
  readonly repositories: readonly string[] | null;
};

/**
 * The result of reading a delivery. `refused`: its secret is missing or wrong. The sender is told no more than that.
 */
export type ReadDelivery<Secret> =
  | {
      readonly kind: 'understood';
      readonly sender: string;
      /** The secret that admitted it, whose limits were applied. */
      readonly secret: Secret;
      readonly pushes: readonly ImagePush[];
      readonly ignored: readonly IgnoredEvent[];
      readonly senderDeliveryId: string | null;
      /** The body of a 200 answer that the sender requires before it sends anything; otherwise null. */
      readonly handshake: Readonly<Record<string, string>> | null;
    }
  | { readonly kind: 'refused'; readonly sender: string }
  | { readonly kind: 'unrecognised'; readonly lookedFor: readonly string[] }
  /** None of the images in a delivery of our own format can be parsed. `ignored` gives the reason for each. */
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
