import type { CheckedPush, PushOutcome } from '../../core/check/conclude-check.ts';
import type { Digest } from '../../core/image/digest.ts';
import { recordCheckBegun, type Repository } from './last-checks.ts';
import type { Db, Query } from '../sqlite/open-store.ts';
import { relaxed } from '../sqlite/relaxed.ts';
import { isAmong, literal, smaller } from '../query/fragments.ts';

/** Literal, because SQLite finds the partial indexes by their text. */
const PENDING = literal('pending');
const RUNNING = literal('running');
const WAITING = literal('waiting');

export type ClaimedCheck = Repository & {
  readonly id: number;
  /** Name of the webhook secret that first asked for it, see `shareBacklog`. */
  readonly secret: string | null;
  /** Failures in a row so far. */
  readonly attempts: number;
  /** The pushes that wait for it, oldest first. */
  readonly pushes: readonly WaitingPush[];
};

export type WaitingPush = CheckedPush & {
  readonly id: number;
  readonly delivery: string;
  readonly tag: string;
};

export type PushResult = {
  readonly push: number;
  /** False while the registry may still catch up with the webhook. */
  readonly ended: boolean;
  readonly outcome: PushOutcome;
  /** One line for a person. */
  readonly detail: string | null;
};

/**
 * Makes a cluster's checks that were in progress when their worker ended wait again, due now. Call it before any is
 * claimed.
 */
export const releaseChecks = async (db: Db, cluster: string, now: number): Promise<void> =>
  db.transaction().execute(async (query) => {
    const running = await query
      .selectFrom('look_work')
      .selectAll()
      .where('state', '=', 'running')
      .where('cluster', '=', cluster)
      .execute();
    for (const check of running) {
      await query.deleteFrom('look_work').where('id', '=', check.id).execute();
      await scheduleCheck(query, check, now, {
        setAt: now,
        askedAt: check.asked_at,
        attempts: check.attempts,
        error: check.last_error,
        secret: check.secret,
      });
    }
  });

/**
 * When the cluster's next check that can be claimed is due, ms since the epoch, or null. A check whose repository is
 * being checked waits for the end of that.
 */
export const nextCheckAt = async (db: Query, cluster: string): Promise<number | null> => {
  const row = await db
    .selectFrom('look_work')
    .select('run_at')
    .where('cluster', '=', cluster)
    .where('state', '=', PENDING)
    .where('name', 'not in', (running) =>
      running
        .selectFrom('look_work as busy')
        .select('busy.name')
        .where('busy.cluster', '=', cluster)
        .where('busy.state', '=', RUNNING),
    )
    .orderBy('run_at')
    .executeTakeFirst();
  return row?.run_at ?? null;
};

/**
 * Claims the cluster's check that has been due longest, or returns null if none is due. Skips repositories that are
 * being checked: their next check begins afterwards. Checks for the webhook secret `after` come last.
 */
export const claimCheck = async (
  db: Db,
  cluster: string,
  now: number,
  after: string | null = null,
): Promise<ClaimedCheck | null> =>
  // If it is lost, the check is due again.
  relaxed(db, async (query) => {
    const others = after === null ? undefined : await takeDue(query, cluster, now, after);
    const check = others ?? (await takeDue(query, cluster, now, null));
    if (check === undefined) return null;
    await recordCheckBegun(query, check, now);
    const thawedAt = await lastThaw(query, cluster, now);
    return { ...check, pushes: await waitingPushes(query, check, thawedAt) };
  });

const takeDue = (query: Query, cluster: string, now: number, but: string | null) =>
  query
    .updateTable('look_work')
    .set({ state: 'running' })
    .where('id', '=', (eb) =>
      eb
        .selectFrom('look_work as due')
        .select('due.id')
        .where('due.cluster', '=', cluster)
        .where('due.state', '=', PENDING)
        .where('due.run_at', '<=', now)
        .$if(but !== null, (all) =>
          all.where((one) => one.or([one('due.secret', 'is', null), one('due.secret', '!=', but)])),
        )
        .where((one) =>
          one.not(
            one.exists(
              one
                .selectFrom('look_work as busy')
                .select('busy.id')
                .whereRef('busy.cluster', '=', 'due.cluster')
                .whereRef('busy.name', '=', 'due.name')
                .where('busy.state', '=', RUNNING),
            ),
          ),
        )
        .orderBy('due.run_at')
        .limit(1),
    )
    .returning(['id', 'cluster', 'name', 'attempts', 'secret'])
    .executeTakeFirst();

/** When a freeze that may have kept services of the cluster last ended, ms since the epoch; 0 for never. */
const lastThaw = async (query: Query, cluster: string, now: number): Promise<number> => {
  const ends = await query
    .selectFrom('freezes')
    .select((eb) => eb.fn.coalesce('ended_at', 'until').as('at'))
    .where((eb) => eb.or([eb('cluster', 'is', null), eb('cluster', '=', cluster)]))
    .where((eb) => eb(eb.fn.coalesce('ended_at', 'until'), '<=', now))
    .execute();
  return Math.max(0, ...ends.map(({ at }) => at ?? 0));
};

const waitingPushes = async (
  query: Query,
  key: Repository,
  thawedAt: number,
): Promise<WaitingPush[]> => {
  const rows = await query
    .selectFrom('push_results')
    .innerJoin('pushes', 'pushes.id', 'push_results.push_id')
    .select(['pushes.id', 'delivery_id', 'tag', 'digest', 'received_at', 'outcome'])
    .where('push_results.cluster', '=', key.cluster)
    .where('push_results.name', '=', key.name)
    .where('push_results.state', '=', WAITING)
    .orderBy('pushes.id')
    .execute();
  const newest = new Map(rows.map((row) => [row.tag, row.id]));
  return rows.map((row) => ({
    id: row.id,
    outdated: newest.get(row.tag) !== row.id,
    delivery: row.delivery_id,
    tag: row.tag,
    // Only valid digests are stored.
    named: row.digest as Digest | null,
    receivedAt: row.received_at,
    agesFrom: Math.max(row.received_at, thawedAt),
    outcome: row.outcome,
  }));
};

export type CheckEnd = {
  readonly results: readonly PushResult[];
  /** When to check again, or null. If a webhook meanwhile asked for an earlier check, that time stays. */
  readonly againAt: number | null;
  /** Failures in a row, 0 after a check that worked. */
  readonly attempts: number;
  readonly error: string | null;
};

/** Records what a check found and when the next one is due, as part of the caller's transaction. */
export const endCheck = async (
  query: Query,
  check: ClaimedCheck,
  end: CheckEnd,
  now: number,
): Promise<void> => {
  // The pushes of a burst mostly end alike: one statement covers all that do.
  const alike = Map.groupBy(end.results, ({ ended, outcome, detail }) =>
    JSON.stringify([ended, outcome, detail]),
  );
  for (const results of alike.values()) {
    const [first] = results;
    if (first === undefined) continue;
    const { ended, outcome, detail } = first;
    await query
      .updateTable('push_results')
      .set({ state: ended ? 'done' : 'waiting', outcome, detail, ended_at: ended ? now : null })
      .where('cluster', '=', check.cluster)
      .where((eb) =>
        isAmong(
          eb.ref('push_id'),
          results.map(({ push }) => push),
        ),
      )
      .execute();
  }
  await query.deleteFrom('look_work').where('id', '=', check.id).execute();
  if (end.againAt !== null) {
    const { attempts, error } = end;
    await scheduleCheck(query, check, end.againAt, {
      setAt: now,
      askedAt: null,
      attempts,
      error,
      secret: check.secret,
    });
  }
};

export type CheckSchedule = {
  /** Now, ms since the epoch. */
  readonly setAt: number;
  /** When a webhook or a person asked for it, ms since the epoch; null for a follow-up. */
  readonly askedAt: number | null;
  readonly attempts: number;
  readonly error: string | null;
  /** Name of the webhook secret whose share of the backlog it uses. */
  readonly secret?: string | null;
};

/** Makes sure that a check is due no later than a given time. */
export const scheduleCheck = async (
  query: Query,
  key: Repository,
  runAt: number,
  rest: CheckSchedule,
): Promise<void> => {
  await query
    .insertInto('look_work')
    .values({
      cluster: key.cluster,
      name: key.name,
      state: 'pending',
      run_at: runAt,
      set_at: rest.setAt,
      asked_at: rest.askedAt,
      attempts: rest.attempts,
      last_error: rest.error,
      secret: rest.secret ?? null,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['cluster', 'name'])
        .where('state', '=', PENDING)
        .doUpdateSet((eb) => ({
          run_at: smaller(eb.ref('look_work.run_at'), eb.val(runAt)),
          set_at: rest.setAt,
        })),
    )
    .execute();
};
