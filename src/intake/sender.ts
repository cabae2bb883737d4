import type { HookLimits, IncomingDelivery } from '../core/contract/delivery.ts';
import type { IgnoredEvent, ImagePush } from '../core/image/push.ts';

/** A push, and the part of it that could not be read and was left out. */
export type FoundPush = ImagePush & { readonly unread?: IgnoredEvent };

/** The result of one event of a delivery. */
export type Finding = FoundPush | IgnoredEvent;

/** What the admitting secret configures about images of senders that do not give complete names. */
export type SecretNames = Pick<HookLimits, 'registry' | 'virtualRepositories'>;

/** The result of comparing a sender's proof with one secret. */
export type Proof = 'absent' | 'right' | 'wrong';

export type Parsed = {
  readonly findings: readonly Finding[];
  /** The sender's own id, repeated when it retries the delivery; null if it has none. */
  readonly deliveryId: string | null;
  /** The body that a sender requires, with 200, before it sends anything. */
  readonly handshake?: Readonly<Record<string, string>>;
};

/** A kind of sender. None of its functions throws, whatever the delivery contains. */
export type Sender = {
  /** Kebab-case. Used in the history, in metrics and in the configuration. */
  readonly name: string;
  /** How to recognise it, in words, for a person whose delivery was not recognised. */
  readonly sign: string;
  readonly recognise: (delivery: IncomingDelivery) => boolean;
  /** Lower-case names of the headers with its proof, if it has one. */
  readonly proofHeaders?: readonly string[];
  /** For senders that sign their deliveries or use their own token. Takes constant time. */
  readonly verify?: (delivery: IncomingDelivery, secret: string) => Proof;
  /** The sender retries a refused body forever, so a body may contain any number of pushes. */
  readonly takesAnyNumber?: true;
  /** The sender is a script. A 400 tells its author at once that none of its images can be parsed. */
  readonly refusesUnreadable?: true;
  /** `registry` is the configured one for senders that name none, or null. `names` contains it too, with the rest. */
  readonly parse: (
    delivery: IncomingDelivery,
    registry: string | null,
    names: SecretNames,
  ) => Parsed;
};
