import type { AcceptedDelivery, NewDelivery } from '../core/delivery.ts';
import { imageName } from '../core/image-reference.ts';
import { BURST_QUIET_MS, lookAfterHook } from '../core/look-timing.ts';
import type { Statements } from './write-together.ts';

/** A sender's own delivery id is remembered this long. */
const REMEMBERED_MS = 7 * 24 * 3_600_000;

export type LookTiming = {
  readonly now: () => number;
  /** When the last look of a repository on a cluster began, ms since the epoch, or null. */
  readonly lastLookAt: (cluster: string, name: string) => number | null;
};

/** A repository on a cluster of which somebody pushed. */
export type Pushed = { readonly cluster: string; readonly name: string };

/** Puts a delivery with its pushes on disk, and adds to `pushed` what is to be looked at for it. */
export const insertDelivery = (
  statements: Statements,
  delivery: NewDelivery,
  allClusters: readonly string[],
  pushed: Map<string, Pushed>,
): AcceptedDelivery => {
  const receivedAt = Date.parse(delivery.receivedAt);
  const duplicateOf = findDuplicate(statements, delivery, receivedAt);
  const counted = delivery.pushes.length > 0;
  statements.run(
    `insert into deliveries (id, received_at, sender, secret, address, status, sender_delivery_id,
      duplicate_of, headers, body, ignored, counted) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      delivery.id,
      receivedAt,
      delivery.sender,
      delivery.secret,
      delivery.address,
      delivery.status,
      delivery.senderDeliveryId,
      duplicateOf,
      counted ? JSON.stringify(delivery.headers) : null,
      counted ? delivery.body : null,
      JSON.stringify(delivery.ignored),
      counted ? 1 : 0,
    ],
  );
  if (!counted) countIgnored(statements, delivery, receivedAt);
  for (const { image, digest } of delivery.pushes) {
    const name = imageName(image);
    const push = statements.run(
      'insert into pushes (delivery_id, name, tag, digest, received_at) values (?, ?, ?, ?, ?)',
      [delivery.id, name, image.tag, digest, receivedAt],
    );
    if (duplicateOf !== null) continue;
    for (const cluster of delivery.clusters ?? allClusters) {
      statements.run(
        `insert into push_results (push_id, cluster, name, state) values (?, ?, ?, 'waiting')`,
        [push, cluster, name],
      );
      pushed.set(`${cluster} ${name}`, { cluster, name });
    }
  }
  return { id: delivery.id, duplicateOf };
};

const findDuplicate = (
  statements: Statements,
  delivery: NewDelivery,
  receivedAt: number,
): string | null => {
  if (delivery.senderDeliveryId === null) return null;
  // One registry may tell two secrets for different clusters of one event, and nobody may use up the
  // ids of another.
  const [row] = statements.rows<{ id: string }>(
    `select id from deliveries where sender = ? and secret = ? and sender_delivery_id = ?
      and duplicate_of is null and received_at > ? limit 1`,
    [delivery.sender, delivery.secret, delivery.senderDeliveryId, receivedAt - REMEMBERED_MS],
  );
  return row?.id ?? null;
};

const countIgnored = (
  statements: Statements,
  { sender, secret, ignored }: NewDelivery,
  receivedAt: number,
): void => {
  for (const { reason } of ignored) {
    statements.run(
      `insert into ignored_counts (sender, secret, reason, count, last_at) values (?, ?, ?, 1, ?)
      on conflict (sender, secret, reason) do update set count = count + 1, last_at = excluded.last_at`,
      [sender, secret, reason, receivedAt],
    );
  }
};

type Pending = {
  readonly id: number;
  readonly run_at: number;
  readonly asked_at: number | null;
  readonly attempts: number;
};

/** By so many ms a burst's look may begin too soon, rather than being put off anew for each of its hooks. */
const NOT_WORTH_A_WRITE_MS = BURST_QUIET_MS / 8;

/**
 * A hook resets its repository's look to now, or to the end of the burst that it belongs to. Tells
 * whether one is due sooner than any was before.
 */
export const askForLook = (
  statements: Statements,
  timing: LookTiming,
  { cluster, name }: Pushed,
): boolean => {
  const now = timing.now();
  const [pending] = statements.rows<Pending>(
    `select id, run_at, asked_at, attempts from look_work
      where cluster = ? and name = ? and state = 'pending'`,
    [cluster, name],
  );
  const askedAt = pending?.asked_at ?? now;
  const runAt = lookAfterHook(now, timing.lastLookAt(cluster, name), askedAt);
  if (pending === undefined) {
    statements.run(
      `insert into look_work (cluster, name, state, run_at, asked_at) values (?, ?, 'pending', ?, ?)`,
      [cluster, name, runAt, now],
    );
    return true;
  }
  // A follow-up that is due sooner serves the hook as well.
  const due = pending.asked_at === null ? Math.min(pending.run_at, runAt) : runAt;
  const putOff = due - pending.run_at;
  const isAsked = pending.asked_at !== null && pending.attempts === 0;
  if (isAsked && putOff >= 0 && putOff < NOT_WORTH_A_WRITE_MS) return false;
  statements.run('update look_work set run_at = ?, asked_at = ?, attempts = 0 where id = ?', [
    due,
    askedAt,
    pending.id,
  ]);
  return due < pending.run_at;
};
