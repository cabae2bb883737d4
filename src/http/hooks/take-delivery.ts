import { randomFillSync } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { BacklogFull, type NewDelivery, type ReadDelivery } from '../../core/contract/delivery.ts';
import { imageWithTag } from '../../core/image/image-reference.ts';
import type { Log } from '../../core/log.ts';
import type { IgnoredEvent, ImagePush } from '../../core/image/push.ts';
import { createTimeOrderedIds } from '../../core/time-ordered-id.ts';
import type { FailureAnswer } from '../sign-in/failed-sign-in.ts';
import { keptHeaders } from './kept-headers.ts';
import { LIMITS } from '../ports/limits.ts';
import type { HookMetrics } from '../ports/metrics.ts';
import { createNetworkLimit } from '../sign-in/network-limit.ts';
import { parseJson } from '../body/parse-json.ts';
import type { HookSecret, ServerDeps } from '../ports/ports.ts';
import { Problem } from '../problem/problem.ts';
import { createSecretRemover } from './remove-secrets.ts';
import type { HookAnswer } from '../../core/contract/hook-answer.ts';

export type TakenHook = { readonly status: 200 | 202; readonly answer: HookAnswer };

export type IncomingHook = {
  readonly address: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The secret that the address or headers proved; null if only a signature can prove one. */
  readonly shown: HookSecret | null;
};

const ACCEPTED = 202;
/** Recognised, but nothing in it asks for work. Azure takes a 202 for a refused subscription. */
const UNDERSTOOD = 200;
const SECONDS_TO_WAIT = 5;

const showPush = ({ image, digest }: ImagePush) => ({
  image: imageWithTag(image),
  ...(digest === null ? {} : { digest }),
});

/** Maximum number of invalid images that the answer names for their author. */
const MOST_NAMED = 5;

const describeUnreadable = (ignored: readonly IgnoredEvent[]): string => {
  const named = ignored
    .slice(0, MOST_NAMED)
    .map(({ reason, about, detail }) => `${about ?? 'the body'}: ${detail ?? reason}`);
  const rest = ignored.length - named.length;
  return `no image can be read. ${named.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
};

type Understood = Extract<ReadDelivery<HookSecret>, { kind: 'understood' }>;

const refusal = (
  read: Exclude<ReadDelivery<HookSecret>, Understood>,
  failed: FailureAnswer,
  address: string,
): Problem => {
  switch (read.kind) {
    case 'refused':
      return failed(address);
    case 'unrecognised':
      return new Problem(
        400,
        'no-sender-recognised',
        `nothing known sends this. Looked for: ${read.lookedFor.join('; ')}`,
      );
    case 'unreadable':
      return new Problem(400, 'no-image-readable', describeUnreadable(read.ignored));
    case 'too-many-pushes':
      return new Problem(
        400,
        'too-many-pushes',
        `${read.count} pushes in one body: send at most ${read.most}`,
      );
    default:
      return read satisfies never;
  }
};

type Deps = Pick<ServerDeps, 'acceptDelivery' | 'hookSecrets' | 'apiTokens' | 'intake' | 'now'> & {
  readonly log: Log;
  readonly metrics: HookMetrics;
  readonly failed: FailureAnswer;
};

/**
 * Processes a webhook whose body was read: parse → recognise and verify → one durable commit. When it resolves, the
 * delivery is on disk and can be acknowledged. Everything else is thrown.
 */
export const createDeliveryTaker = ({
  acceptDelivery,
  hookSecrets,
  apiTokens,
  intake,
  now,
  log,
  metrics,
  failed,
}: Deps): ((hook: IncomingHook) => Promise<TakenHook>) => {
  const newId = createTimeOrderedIds(now, randomFillSync);
  const { fromBody, fromText } = createSecretRemover(
    [...hookSecrets, ...apiTokens].map(({ value }) => value.reveal()),
  );
  const isAllowed = createNetworkLimit(hookSecrets);
  let underWay = 0;

  const commit = async (delivery: NewDelivery) => {
    if (underWay >= LIMITS.deliveriesUnderWay) throw new BacklogFull(SECONDS_TO_WAIT);
    underWay += 1;
    try {
      return await acceptDelivery(delivery);
    } catch (error) {
      if (error instanceof BacklogFull) throw error;
      log.error('delivery lost: it could not be stored', { sender: delivery.sender, error });
      throw new Problem(503, 'store-refused', 'it could not be stored: send it again later', {
        headers: { 'retry-after': String(SECONDS_TO_WAIT) },
      });
    } finally {
      underWay -= 1;
    }
  };

  return async ({ address, headers, body, shown }) => {
    const { text, value } = parseJson(body);
    const read = intake.read({ headers, raw: body, body: value }, shown);
    if (read.kind !== 'understood') throw refusal(read, failed, address);
    const { sender, secret, pushes, ignored, senderDeliveryId, handshake } = read;
    // Only the signature shows which secret was used, and a signature is no token.
    const mayUse = isAllowed(secret, address) && secret.oidc === null;
    if (shown === null && !mayUse) throw failed(address);
    const counts = pushes.length > 0;
    const status = counts && handshake === null ? ACCEPTED : UNDERSTOOD;
    const { id, duplicateOf } = await commit({
      id: newId(),
      receivedAt: new Date(now()).toISOString(),
      sender,
      secret: secret.name,
      address,
      status,
      headers: keptHeaders(headers, fromText),
      body: counts ? fromBody(text, value) : null,
      pushes,
      ignored,
      senderDeliveryId,
      clusters: secret.clusters,
    });
    metrics.accepted(sender, duplicateOf !== null ? 'duplicate' : counts ? 'pushes' : 'ignored');
    const shownPushes = pushes.map(showPush);
    log[counts ? 'info' : 'debug']('delivery accepted', {
      delivery: id,
      sender,
      secret: secret.name,
      images: shownPushes.map(({ image }) => image),
      ignored: ignored.length,
      ...(duplicateOf === null ? {} : { duplicateOf }),
    });
    const answer = {
      delivery: id,
      pushes: shownPushes,
      ignored,
      ...(duplicateOf === null ? {} : { duplicateOf }),
    };
    return { status, answer: handshake === null ? answer : { ...handshake, ...answer } };
  };
};
