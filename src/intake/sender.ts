import type { HookLimits, IncomingDelivery } from '../core/contract/delivery.ts';
import type { IgnoredEvent, ImagePush } from '../core/image/push.ts';

/** A push, and what of it could not be read and was left out. */
export type FoundPush = ImagePush & { readonly unread?: IgnoredEvent };

/** What one event of a delivery came to. */
export type Finding = FoundPush | IgnoredEvent;

/** What the secret that admits a delivery says about images of senders that do not say it all themselves. */
export type SecretNames = Pick<HookLimits, 'registry' | 'virtualRepositories'>;

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
  /** How to recognise it, in words, for somebody whose delivery was not recognised. */
  readonly sign: string;
  readonly recognise: (delivery: IncomingDelivery) => boolean;
  /** Lower-case names of the headers that its proof comes in, where it has one. */
  readonly proofHeaders?: readonly string[];
  /** For those that sign what they send or show a token of their own; in constant time. */
  readonly verify?: (delivery: IncomingDelivery, secret: string) => Proof;
  /** The sender repeats a refused body for ever, so as many pushes are taken as the body holds. */
  readonly takesAnyNumber?: true;
  /** The sender is a script whose author is told at once, with 400, that none of its images can be read. */
  readonly refusesUnreadable?: true;
  /** `registry` is the configured one for senders that name none, or null; `names` says it again, with the rest. */
  readonly parse: (
    delivery: IncomingDelivery,
    registry: string | null,
    names: SecretNames,
  ) => Parsed;
};
