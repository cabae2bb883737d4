import type { Selectable } from 'kysely';
import type { Digest } from '../../core/image/digest.ts';
import type { GateNotice } from '../../core/policy/approvals/gate-notice.ts';
import type { WaitingView } from '../../core/policy/approvals/waiting-view.ts';
import { type Gate, toGateView } from '../../core/policy/gates/gate-state.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import { readJson, rfc3339 } from '../query/json.ts';
import type { Query } from '../query/db.ts';
import { isAmong } from '../query/fragments.ts';
import type { WaitingRow } from '../tables/gates.ts';
import { isUndecided } from '../holds/undecided.ts';

export type Waiting = Selectable<WaitingRow>;

/** What the service has. The table has an empty text if it is unknown. */
const presentOf = ({ from_digest: digest }: Pick<Waiting, 'from_digest'>): Digest | null =>
  digest === '' ? null : (digest as Digest);

export const gatesOf = ({ gates }: Pick<Waiting, 'gates'>): readonly Gate[] =>
  readJson<readonly Gate[]>(gates);

/** A waiting service, by its name or id; null if it does not wait. If two match, the one with the id wins. */
export const findWaiting = async (
  query: Query,
  cluster: string,
  service: string,
): Promise<Waiting | null> => {
  // One after the other: a condition on both would read everything that waits.
  for (const column of ['service_id', 'service_name'] as const) {
    const row = await query
      .selectFrom('waiting')
      .selectAll()
      .where('cluster', '=', cluster)
      .where(column, '=', service)
      .executeTakeFirst();
    if (row !== undefined) return row;
  }
  return null;
};

/** Already rejected or expired, and not checked since. `row` must be read in the same transaction. */
export const isDecided = async (query: Query, row: Waiting): Promise<boolean> => {
  const found = await query
    .selectFrom('waiting')
    .select('service_id')
    .where('cluster', '=', row.cluster)
    .where('service_id', '=', row.service_id)
    .where(isUndecided())
    .executeTakeFirst();
  return found === undefined;
};

export const viewOf = async (query: Query, row: Waiting): Promise<WaitingView> => {
  const builds = await buildsOf(query, [row.from_digest, row.digest]);
  return toView(row, builds, await comparePages(query, [row]));
};

type Builds = ReadonlyMap<string, BuildFacts | null>;

/** The forges' comparison pages for these rows, for {@link toView}. */
export const comparePages = async (
  query: Query,
  of: readonly Waiting[],
): Promise<ReadonlyMap<string, string | null>> => {
  if (of.length === 0) return new Map();
  const clusters = of.map((row) => row.cluster);
  const ids = of.map((row) => row.service_id);
  const rows = await query
    .selectFrom('forge_waiting')
    .select(['cluster', 'service_id', 'from_digest', 'digest', 'compare_url'])
    .where('compare_url', 'is not', null)
    .where('ended', 'is', null)
    // With the cluster, the table's key finds it.
    .where((eb) => isAmong(eb.ref('cluster'), clusters))
    .where((eb) => isAmong(eb.ref('service_id'), ids))
    .execute();
  return new Map(rows.map((row) => [changeOf(row), row.compare_url]));
};

const changeOf = (
  row: Pick<Waiting, 'cluster' | 'service_id' | 'from_digest' | 'digest'>,
): string => `${row.cluster} ${row.service_id} ${row.from_digest} ${row.digest}`;

export const toView = (
  row: Waiting,
  builds: Builds,
  pages: ReadonlyMap<string, string | null>,
): WaitingView => ({
  cluster: row.cluster,
  id: row.service_id,
  name: row.service_name,
  stack: row.stack,
  image: `${row.name}:${row.from_tag}`,
  running: presentOf(row),
  target: { tag: row.tag, digest: row.digest },
  since: rfc3339(row.candidate_since),
  gates: gatesOf(row).map(toGateView),
  build: {
    running: builds.get(row.from_digest) ?? null,
    target: builds.get(row.digest) ?? null,
  },
  compareUrl: pages.get(changeOf(row)) ?? null,
});

/** The build facts of these digests, as far as they were read. */
export const buildsOf = async (query: Query, digests: readonly string[]): Promise<Builds> => {
  if (digests.length === 0) return new Map();
  const rows = await query
    .selectFrom('build_facts')
    .select(['digest', 'facts'])
    .where((eb) => isAmong(eb.ref('digest'), digests))
    .execute();
  return new Map(rows.map(({ digest, facts }) => [digest, readJson<BuildFacts | null>(facts)]));
};

/** A digest that waits, or would be replaced, and whose build facts were not read yet. */
export type UnreadBuild = { readonly name: string; readonly tag: string; readonly digest: Digest };

/** At most `limit` of them. */
export const readUnreadBuilds = async (
  query: Query,
  limit: number,
): Promise<readonly UnreadBuild[]> => {
  const unread = (which: 'digest' | 'from_digest', tag: 'tag' | 'from_tag') =>
    query
      .selectFrom('waiting')
      .select((eb) => ['name', eb.ref(tag).as('of_tag'), eb.ref(which).as('of_digest')])
      .distinct()
      .where(which, '!=', '')
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('build_facts')
              .select('build_facts.digest')
              .whereRef('build_facts.digest', '=', `waiting.${which}`),
          ),
        ),
      )
      .limit(limit)
      .execute();
  const rows = [...(await unread('digest', 'tag')), ...(await unread('from_digest', 'from_tag'))];
  const wanted = new Map(
    rows.map(({ name, of_tag: tag, of_digest }) => {
      const digest = of_digest as Digest;
      return [digest, { name, tag, digest }];
    }),
  );
  return [...wanted.values()].slice(0, limit);
};

/** Null if the image has no build labels, or could not be read. It is not asked again. */
export const putBuild = async (
  query: Query,
  digest: Digest,
  facts: BuildFacts | null,
  now: number,
): Promise<void> => {
  await query
    .insertInto('build_facts')
    .values({ digest, facts: JSON.stringify(facts), read_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** The content of a row's events. */
export const eventOf = (row: Waiting) => ({
  cluster: row.cluster,
  service: { id: row.service_id, name: row.service_name },
  stack: row.stack,
  tag: row.tag,
  digest: row.digest,
});

/** The gate news of a row, without the fields that only one kind of news has. */
export const noticeOf = (
  row: Waiting,
  { id, state }: Pick<GateNotice, 'id' | 'state'>,
  now: number,
): GateNotice => ({
  id,
  state,
  cluster: row.cluster,
  service: { id: row.service_id, name: row.service_name },
  stack: row.stack,
  image: `${row.name}:${row.tag}`,
  from: presentOf(row),
  to: row.digest,
  fromTag: row.from_tag,
  toTag: row.tag,
  gates: gatesOf(row).map(toGateView),
  by: [],
  reason: null,
  replaced: null,
  build: { from: null, to: null },
  compareUrl: null,
  link: null,
  at: rfc3339(now),
});
