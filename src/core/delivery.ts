import type { IgnoredEvent, ImagePush } from './push.ts';

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
