import type { AcceptedDelivery, NewDelivery } from '../../core/contract/delivery.ts';
import { imageName } from '../../core/image/image-reference.ts';
import type { Pushed } from '../check-queue/ask-for-checks.ts';
import type { Query } from '../sqlite/open-store.ts';
import { isAmong, literal } from '../query/fragments.ts';
import { inParts } from '../query/in-parts.ts';
import { insertRows } from '../query/insert-rows.ts';

/** How long a sender's own delivery id is remembered. */
const REMEMBERED_MS = 7 * 24 * 3_600_000;

type Inserted = {
  readonly answers: readonly AcceptedDelivery[];
  /** The checks that they ask for, each repository and cluster once. */
  readonly pushed: readonly Pushed[];
};

/** Inserts deliveries with their pushes, in a few statements for any number of them. */
export const insertDeliveries = async (
  query: Query,
  deliveries: readonly NewDelivery[],
  allClusters: readonly string[],
): Promise<Inserted> => {
  const firstOf = await findFirst(query, deliveries);
  const answers = deliveries.map(({ id }) => ({ id, duplicateOf: firstOf.get(id) ?? null }));
  const rows = deliveries.map((one, index) => ({
    id: one.id,
    received_at: Date.parse(one.receivedAt),
    sender: one.sender,
    secret: one.secret,
    address: one.address,
    status: one.status,
    sender_delivery_id: one.senderDeliveryId,
    duplicate_of: answers[index]?.duplicateOf ?? null,
    headers: one.pushes.length > 0 ? JSON.stringify(one.headers) : null,
    body: one.pushes.length > 0 ? one.body : null,
    ignored: JSON.stringify(one.ignored),
    counted: one.pushes.length > 0 ? 1 : 0,
  }));
  for (const some of inParts(rows)) await insertRows(query, 'deliveries', some).execute();
  await countIgnored(query, deliveries);
  const inserted = await insertPushes(query, deliveries);
  const results = inserted.flatMap(({ push, delivery, name }) =>
    firstOf.has(delivery.id)
      ? []
      : (delivery.clusters ?? allClusters).map((cluster) => ({ push, delivery, cluster, name })),
  );
  const waiting = results.map(({ push, cluster, name }) => ({
    push_id: push,
    cluster,
    name,
    state: 'waiting' as const,
  }));
  for (const some of inParts(waiting)) await insertRows(query, 'push_results', some).execute();
  const pushed = new Map(
    results.map(({ cluster, name, delivery: { secret } }) => [
      `${cluster} ${name}`,
      { cluster, name, secret },
    ]),
  );
  return { answers, pushed: [...pushed.values()] };
};

/**
 * Ids are separate per secret: one registry may send one event to two secrets for different clusters, and no secret may
 * use up the ids of another.
 */
const sourceOf = (one: { sender: string; secret: string; id: string }): string =>
  JSON.stringify([one.sender, one.secret, one.id]);

/** For each duplicate among these, the first delivery that it repeats, stored or among these; by its id. */
const findFirst = async (
  query: Query,
  deliveries: readonly NewDelivery[],
): Promise<ReadonlyMap<string, string>> => {
  const named = deliveries.flatMap(({ id, sender, secret, senderDeliveryId, receivedAt }) => {
    if (senderDeliveryId === null) return [];
    return [{ id, at: Date.parse(receivedAt), sender, secret, senderDeliveryId }];
  });
  if (named.length === 0) return new Map();
  const known = await query
    .selectFrom('deliveries')
    .select(['id', 'sender', 'secret', 'sender_delivery_id as senderDeliveryId'])
    .select('received_at as at')
    .where((eb) => isAmong(eb.ref('sender'), unique(named.map(({ sender }) => sender))))
    .where((eb) =>
      isAmong(
        eb.ref('sender_delivery_id'),
        named.map((one) => one.senderDeliveryId),
      ),
    )
    .where('sender_delivery_id', 'is not', null)
    .where('duplicate_of', 'is', null)
    .execute();
  const firsts = new Map<string, { readonly id: string; readonly at: number }>();
  const repeated = new Map<string, string>();
  for (const { id, at, ...of } of known) {
    firsts.set(sourceOf({ ...of, id: of.senderDeliveryId ?? '' }), { id, at });
  }
  for (const { id, at, ...of } of named) {
    const source = sourceOf({ ...of, id: of.senderDeliveryId });
    const first = firsts.get(source);
    if (first !== undefined && first.at > at - REMEMBERED_MS) repeated.set(id, first.id);
    else firsts.set(source, { id, at });
  }
  return repeated;
};

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

const countIgnored = async (query: Query, deliveries: readonly NewDelivery[]): Promise<void> => {
  const counts = new Map<
    string,
    { sender: string; secret: string; reason: string; count: number; last_at: number }
  >();
  for (const { sender, secret, ignored, pushes, receivedAt } of deliveries) {
    if (pushes.length > 0) continue;
    for (const { reason } of ignored) {
      const key = JSON.stringify([sender, secret, reason]);
      const { count } = counts.get(key) ?? { count: 0 };
      const last = { sender, secret, reason, count: count + 1, last_at: Date.parse(receivedAt) };
      counts.set(key, last);
    }
  }
  for (const some of inParts([...counts.values()])) {
    await insertRows(query, 'ignored_counts', some)
      .onConflict((conflict) =>
        conflict.columns(['sender', 'secret', 'reason']).doUpdateSet((eb) => ({
          count: eb('ignored_counts.count', '+', eb.ref('excluded.count')),
          last_at: eb.ref('excluded.last_at'),
        })),
      )
      .execute();
  }
};

type InsertedPush = {
  readonly push: number;
  readonly delivery: NewDelivery;
  readonly name: string;
};

const insertPushes = async (
  query: Query,
  deliveries: readonly NewDelivery[],
): Promise<readonly InsertedPush[]> => {
  const byId = new Map(deliveries.map((one) => [one.id, one]));
  const rows = deliveries.flatMap(({ id, pushes, receivedAt }) =>
    pushes.map(({ image, digest }) => ({
      delivery_id: id,
      name: imageName(image),
      tag: image.tag,
      digest,
      received_at: Date.parse(receivedAt),
    })),
  );
  const inserted: InsertedPush[] = [];
  for (const some of inParts(rows)) {
    const added = await insertRows(query, 'pushes', some)
      .returning(['id', 'delivery_id', 'name'])
      .execute();
    for (const { id: push, delivery_id: id, name } of added) {
      const delivery = byId.get(id);
      if (delivery !== undefined) inserted.push({ push, delivery, name });
    }
  }
  return inserted;
};

/** The number of waiting checks. */
export const countPending = async (query: Query): Promise<number> => {
  const { count } = await query
    .selectFrom('look_work')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('state', '=', literal('pending'))
    .executeTakeFirstOrThrow();
  return count;
};
