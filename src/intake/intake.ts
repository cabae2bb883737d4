import { hash } from 'node:crypto';
import type { HookLimits, IncomingDelivery, ReadDelivery } from '../core/contract/delivery.ts';
import { imageName, imageWithTag } from '../core/image/image-reference.ts';
import type { IgnoredEvent, ImagePush } from '../core/image/push.ts';
import type { AskedPush } from '../core/outcome/asked-push.ts';
import { readAsked } from './asked-push.ts';
import { ignore } from './find-push.ts';
import { printable } from './printable.ts';
import { createRepositoryLimit } from './repository-limit.ts';
import type { Finding, FoundPush, Sender } from './sender.ts';

/** Maximum number of different pushes in one body, except for senders that would retry it forever. */
export const MOST_PUSHES = 100;
/** Maximum number of ignored events that are listed; the rest is only counted. */
const MOST_IGNORED = 100;

/** A secret that admits deliveries, with the rights of its holder. */
export type HookSecret = HookLimits & {
  readonly name: string;
  readonly value: { readonly reveal: () => string };
};

const LONGEST_ID = 200;

/** A sender's id in the form that is stored. An id that is too long is replaced by its digest. */
const keptId = (id: string | null): string | null => {
  if (id === null || id === '') return null;
  return id.length <= LONGEST_ID ? printable(id) : `sha256:${hash('sha256', id)}`;
};

const isPush = (finding: Finding): finding is FoundPush => 'image' in finding;

/** Problems in the sender's own data, which no change of the helper's configuration would fix. */
const UNREADABLE: readonly string[] = [
  'malformed-image',
  'malformed-digest',
  'malformed-payload',
  'contradiction',
];

const split = (findings: readonly Finding[], allowed: (name: string) => boolean) => {
  const pushes = new Map<string, ImagePush>();
  const ignored: IgnoredEvent[] = [];
  let untold = 0;
  for (const finding of findings) {
    if (isPush(finding) && allowed(imageName(finding.image))) {
      const { image, digest, unread } = finding;
      pushes.set(`${imageWithTag(image)}@${digest ?? ''}`, { image, digest });
      if (unread !== undefined && ignored.length < MOST_IGNORED) ignored.push(unread);
    } else if (ignored.length < MOST_IGNORED) {
      ignored.push(isPush(finding) ? ignore('not-allowed', imageWithTag(finding.image)) : finding);
    } else {
      untold += 1;
    }
  }
  if (untold > 0) ignored.push(ignore('and-more', `${untold} more`));
  return { pushes: [...pushes.values()], ignored };
};

/** Interprets deliveries of all given senders, with all configured secrets. */
export type Intake<S> = {
  /** Whether these headers could come from a sender that signs, or that uses its own token. */
  readonly mayProve: (headers: IncomingDelivery['headers']) => boolean;
  readonly read: (delivery: IncomingDelivery, shown: S | null) => ReadDelivery<S>;
  /** Parses the image of a query. With a secret, only an image that it could announce. */
  readonly asked: (image: string, digest: string | null, secret: S | null) => AskedPush;
  /** Whether the secret could announce a push of this repository. */
  readonly mayAnnounce: (secret: S, name: string) => boolean;
};

/**
 * Identifies the sender of a delivery, decides whether it is authentic, and returns its pushes. `secrets` are all
 * configured ones. `shown` is the one already proven by the address or a header, or null. A signature is checked if the
 * sender made one; a wrong one is refused, whatever `shown` is. Never throws, whatever the delivery contains.
 */
export const createIntake = <S extends HookSecret>(
  senders: readonly Sender[],
  secrets: readonly S[],
): Intake<S> => {
  const limits = new Map(
    secrets.map((secret) => [secret, createRepositoryLimit(secret.repositories)]),
  );

  const proven = (sender: Sender, delivery: IncomingDelivery, shown: S | null): S | null => {
    const { verify } = sender;
    if (verify === undefined) return shown;
    // All are tried, even after a match, so that the time reveals nothing.
    const proofs = secrets.map((secret) => verify(delivery, secret.value.reveal()));
    if (proofs.every((proof) => proof === 'absent')) return shown;
    const right = secrets.filter((_, index) => proofs[index] === 'right');
    return right.length === 0 ? null : (shown ?? right[0] ?? null);
  };

  const read = (delivery: IncomingDelivery, shown: S | null): ReadDelivery<S> => {
    const sender = senders.find(({ recognise }) => recognise(delivery));
    if (sender === undefined) {
      return {
        kind: 'unrecognised',
        lookedFor: senders.map(({ name, sign }) => `${name}: ${sign}`),
      };
    }
    const secret = proven(sender, delivery, shown);
    if (secret === null || (secret.senders !== null && !secret.senders.includes(sender.name))) {
      return { kind: 'refused', sender: sender.name };
    }
    const { findings, deliveryId, handshake } = sender.parse(delivery, secret.registry, secret);
    const { pushes, ignored } = split(findings, limits.get(secret) ?? (() => true));
    if (
      sender.refusesUnreadable === true &&
      pushes.length === 0 &&
      ignored.every(({ reason }) => UNREADABLE.includes(reason))
    ) {
      return { kind: 'unreadable', sender: sender.name, ignored };
    }
    if (pushes.length > MOST_PUSHES && sender.takesAnyNumber !== true) {
      return {
        kind: 'too-many-pushes',
        sender: sender.name,
        count: pushes.length,
        most: MOST_PUSHES,
      };
    }
    return {
      kind: 'understood',
      sender: sender.name,
      secret,
      pushes,
      ignored,
      senderDeliveryId: keptId(deliveryId),
      handshake: handshake ?? null,
    };
  };

  const mayAnnounce = (secret: S, name: string): boolean => limits.get(secret)?.(name) ?? true;

  const proofHeaders = senders.flatMap((sender) => sender.proofHeaders ?? []);
  return {
    mayProve: (headers) => proofHeaders.some((name) => (headers[name] ?? '') !== ''),
    read,
    asked: (image, digest, secret) =>
      readAsked(
        image,
        digest,
        secret?.registry ?? null,
        (name) => secret === null || mayAnnounce(secret, name),
      ),
    mayAnnounce,
  };
};
