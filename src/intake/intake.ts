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

/** Different pushes that one body may hold, except from senders that would repeat it for ever. */
export const MOST_PUSHES = 100;
/** Maximum number of ignored events that are listed; the rest is only counted. */
const MOST_IGNORED = 100;

/** A secret that lets deliveries in, with what its holder may do. */
export type HookSecret = HookLimits & {
  readonly name: string;
  readonly value: { readonly reveal: () => string };
};

const LONGEST_ID = 200;

/** A sender's id as it is kept: one that is too long is known by its digest. */
const keptId = (id: string | null): string | null => {
  if (id === null || id === '') return null;
  return id.length <= LONGEST_ID ? printable(id) : `sha256:${hash('sha256', id)}`;
};

const isPush = (finding: Finding): finding is FoundPush => 'image' in finding;

/** What is wrong with the sender's own words, so that no other configuration of the helper would help. */
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

/** How deliveries are understood, by all senders given and with all secrets configured. */
export type Intake<S> = {
  /** Whether a sender that signs, or shows a token of its own, could have sent these headers. */
  readonly mayProve: (headers: IncomingDelivery['headers']) => boolean;
  readonly read: (delivery: IncomingDelivery, shown: S | null) => ReadDelivery<S>;
  /** Reads an image that somebody asks about: with a secret, only one that it could announce. */
  readonly asked: (image: string, digest: string | null, secret: S | null) => AskedPush;
  /** Whether the secret could announce a push of this repository. */
  readonly mayAnnounce: (secret: S, name: string) => boolean;
};

/**
 * Tells who sent a delivery, whether it is believed, and which pushes it holds. The secrets are all
 * that are configured; `shown` is the one that the address or a header already proved, or null.
 * A signature is checked where the sender made one, and a wrong one is refused beside any `shown`.
 * Nothing is thrown, whatever the delivery holds.
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
    // All are tried, whichever is right, so that the time tells nothing.
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
