import type { Digest } from '../../core/image/digest.ts';
import { ASKED_BACK_MS, type OutcomeAsk } from '../../core/outcome/outcome-ask.ts';
import type { Query } from '../sqlite/open-store.ts';
import { isAmong } from '../query/fragments.ts';

/** A push on one cluster that a query may be about. */
export type FoundPush = {
  readonly push: number;
  readonly cluster: string;
  readonly delivery: string;
  readonly name: string;
  readonly tag: string;
  readonly digest: Digest | null;
  /** ms since the epoch. */
  readonly receivedAt: number;
};

/** Finds the pushes that a query is about, at most one per cluster and image; null: no such delivery. */
export type FindPushes = (ask: OutcomeAsk) => readonly FoundPush[] | null;

type Row = Omit<FoundPush, 'digest'> & { readonly digest: string | null };
type ImageAsk = Extract<OutcomeAsk, { by: 'image' }>;

const toFound = (row: Row): FoundPush => ({ ...row, digest: row.digest as Digest | null });

const selectPushes = (query: Query) =>
  query
    .selectFrom('push_results')
    .innerJoin('pushes', 'pushes.id', 'push_results.push_id')
    .select([
      'pushes.id as push',
      'push_results.cluster as cluster',
      'pushes.delivery_id as delivery',
      'pushes.name as name',
      'pushes.tag as tag',
      'pushes.digest as digest',
      'pushes.received_at as receivedAt',
    ]);

/**
 * Finds the pushes of any number of queries with a fixed number of statements, each by an index. Reads no more than the
 * newest push of each image, digest and cluster.
 *
 * @param now ms since the epoch
 */
export const findPushes = async (
  query: Query,
  asks: readonly OutcomeAsk[],
  now: number,
): Promise<FindPushes> => {
  const images = asks.filter((ask) => ask.by === 'image');
  const ids = asks.flatMap((ask) => (ask.by === 'delivery' ? [ask.delivery] : []));
  const byDelivery = await ofDeliveries(query, [...new Set(ids)]);
  const byDigest = await ofDigests(query, images);
  const newest = await ofImages(query, images);
  const passed = await passedSince(query, images, byDigest, now);
  return (ask) => {
    if (ask.by === 'delivery') return byDelivery.get(ask.delivery) ?? null;
    return ask.digest === null ? newest(ask) : byDigest(ask).filter((push) => !passed(push));
  };
};

/** All pushes of each delivery. A duplicate has those of its original. */
const ofDeliveries = async (
  query: Query,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly FoundPush[]>> => {
  if (ids.length === 0) return new Map();
  const deliveries = await query
    .selectFrom('deliveries')
    .select(['id', 'duplicate_of'])
    .where((eb) => isAmong(eb.ref('id'), ids))
    .execute();
  const originals = deliveries.flatMap(({ id, duplicate_of }) =>
    duplicate_of === null ? [id] : [id, duplicate_of],
  );
  if (originals.length === 0) return new Map();
  const rows = await selectPushes(query)
    .where((eb) => isAmong(eb.ref('pushes.delivery_id'), originals))
    .execute();
  const pushesOf = Map.groupBy(rows.map(toFound), ({ delivery }) => delivery);
  return new Map(
    deliveries.map(({ id, duplicate_of }) => {
      const own = pushesOf.get(id) ?? [];
      // A delivery that a person replayed has its own results.
      return [id, own.length > 0 ? own : (pushesOf.get(duplicate_of ?? '') ?? [])];
    }),
  );
};

const newestEach = (pushes: readonly FoundPush[]): readonly FoundPush[] => {
  const newest = new Map<string, FoundPush>();
  for (const push of pushes) {
    if ((newest.get(push.cluster)?.push ?? 0) < push.push) newest.set(push.cluster, push);
  }
  return [...newest.values()];
};

/** The newest push of a digest on each cluster: one that named it, or whose check saw the registry show it. */
const ofDigests = async (
  query: Query,
  asks: readonly ImageAsk[],
): Promise<(ask: ImageAsk) => readonly FoundPush[]> => {
  const asked = [...new Set(asks.flatMap(({ digest }) => digest ?? []))];
  if (asked.length === 0) return () => [];
  const members = await query
    .selectFrom('index_members')
    .selectAll()
    .where((eb) => isAmong(eb.ref('member'), asked))
    .execute();
  const wanted = [...new Set([...asked, ...members.map(({ digest }) => digest)])];
  const names = [...new Set(asks.map(({ name }) => name))];
  const named = await selectPushes(query)
    .where('pushes.id', 'in', (eb) =>
      eb
        .selectFrom('pushes as one')
        .innerJoin('push_results as result', 'result.push_id', 'one.id')
        .select((max) => max.fn.max('one.id').as('id'))
        .where((one) => isAmong(one.ref('one.digest'), wanted))
        .where((one) => isAmong(one.ref('one.name'), names))
        .groupBy(['one.digest', 'one.name', 'one.tag', 'result.cluster']),
    )
    .execute();
  const shown = await query
    .selectFrom('check_digests')
    .innerJoin('push_results as result', 'result.check_id', 'check_digests.check_id')
    .innerJoin('pushes as one', 'one.id', 'result.push_id')
    .select(['check_digests.digest as shown', (max) => max.fn.max('one.id').as('id')])
    .where((eb) => isAmong(eb.ref('check_digests.digest'), wanted))
    .where('one.digest', 'is', null)
    .where((one) => isAmong(one.ref('one.name'), names))
    .groupBy(['check_digests.digest', 'one.name', 'one.tag', 'result.cluster'])
    .execute();
  const ids = shown.map(({ id }) => id);
  const unnamed =
    ids.length === 0
      ? []
      : await selectPushes(query)
          .where((eb) => isAmong(eb.ref('pushes.id'), ids))
          .execute();
  const shownAt = new Map(shown.map((row) => [row.id, row.shown]));
  const all = [
    ...named.map((row) => ({ push: toFound(row), digest: row.digest })),
    ...unnamed.map((row) => ({ push: toFound(row), digest: shownAt.get(row.push) ?? null })),
  ];
  return ({ name, tag, digest }) => {
    const meant = new Set([
      digest,
      ...members.flatMap((row) => (row.member === digest ? [row.digest] : [])),
    ]);
    const fitting = all.filter(
      (one) => one.push.name === name && one.push.tag === tag && meant.has(one.digest as Digest),
    );
    return newestEach(fitting.map(({ push }) => push));
  };
};

/** The newest push of an image on each cluster, unless it is older than the query allows. */
const ofImages = async (
  query: Query,
  asks: readonly ImageAsk[],
): Promise<(ask: ImageAsk) => readonly FoundPush[]> => {
  const open = asks.filter(({ digest }) => digest === null);
  if (open.length === 0) return () => [];
  const rows = await newestOf(query, open, Math.min(...open.map(({ since }) => since)));
  return ({ name, tag, since }) =>
    newestEach(
      rows.filter((row) => row.name === name && row.tag === tag && row.receivedAt >= since),
    );
};

const newestOf = async (
  query: Query,
  images: readonly Pick<FoundPush, 'name' | 'tag'>[],
  since: number,
): Promise<readonly FoundPush[]> => {
  const rows = await selectPushes(query)
    .where('pushes.id', 'in', (eb) =>
      eb
        .selectFrom('pushes as one')
        .innerJoin('push_results as result', 'result.push_id', 'one.id')
        .select((max) => max.fn.max('one.id').as('id'))
        .where((one) => isAmong(one.ref('one.name'), [...new Set(images.map(({ name }) => name))]))
        .where((one) => isAmong(one.ref('one.tag'), [...new Set(images.map(({ tag }) => tag))]))
        .where('one.received_at', '>=', since)
        .groupBy(['one.name', 'one.tag', 'result.cluster']),
    )
    .execute();
  return rows.map(toFound);
};

/**
 * Whether a push of a requested digest is history: it is not recent, and the tag has since been pushed with something
 * else. A query about the digest then means a push that is still to come, for example of a build that returns to an
 * earlier state.
 */
const passedSince = async (
  query: Query,
  asks: readonly ImageAsk[],
  byDigest: (ask: ImageAsk) => readonly FoundPush[],
  now: number,
): Promise<(push: FoundPush) => boolean> => {
  const old = asks
    .filter(({ digest }) => digest !== null)
    .flatMap(byDigest)
    .filter(({ receivedAt }) => receivedAt < now - ASKED_BACK_MS);
  if (old.length === 0) return () => false;
  const newest = await newestOf(query, old, Math.min(...old.map(({ receivedAt }) => receivedAt)));
  return (push) =>
    push.receivedAt < now - ASKED_BACK_MS &&
    newest.some(
      (one) =>
        one.name === push.name &&
        one.tag === push.tag &&
        one.cluster === push.cluster &&
        one.push > push.push,
    );
};
