import type { IncomingDelivery } from '../core/delivery.ts';
import type { IgnoredEvent, ImagePush } from '../core/push.ts';

/** What one event of a delivery came to. */
export type Finding = ImagePush | IgnoredEvent;

/** What a sender showed to be believed, compared with one secret. */
export type Proof = 'absent' | 'right' | 'wrong';

export type Parsed = {
  readonly findings: readonly Finding[];
  /** The sender's own id, the same again when it repeats the delivery; null where it has none. */
  readonly deliveryId: string | null;
  /** What a sender wants to be told before it sends anything, to be answered with 200. */
  readonly handshake?: Readonly<Record<string, string>>;
};

/** A kind of sender. None of its functions throws, whatever the delivery holds. */
export type Sender = {
  /** Kebab-case; stands in the history, in metrics and in the configuration. */
  readonly name: string;
  /** How it is told, in words, for one whose delivery was not recognised. */
  readonly sign: string;
  readonly recognise: (delivery: IncomingDelivery) => boolean;
  /** Lower-case names of the headers that its proof comes in, where it has one. */
  readonly proofHeaders?: readonly string[];
  /** For those that sign what they send or show a token of their own; in constant time. */
  readonly verify?: (delivery: IncomingDelivery, secret: string) => Proof;
  /** `registry` is the configured one for senders that name none, or null. */
  readonly parse: (delivery: IncomingDelivery, registry: string | null) => Parsed;
};
