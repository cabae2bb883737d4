import { checkAfterHook } from '../../core/check/check-timing.ts';
import { readLastChecks, type Repository } from './last-checks.ts';
import type { Query } from '../sqlite/open-store.ts';
import { isAmong, literal } from '../query/fragments.ts';
import { inParts } from '../query/in-parts.ts';
import { insertRows } from '../query/insert-rows.ts';

/** Literal, because SQLite finds the partial index by its text. */
const PENDING = literal('pending');

export type CheckTiming = { readonly now: () => number };

/** A repository on a cluster that somebody pushed to. */
export type Pushed = Repository & {
  /** Name of the secret that it came with; null if a person asked. */
  readonly secret: string | null;
};

/**
 * A webhook moves the check of its repository to now, or to the end of its burst. Returns those that are due sooner
 * than any check was before.
 */
export const askForChecks = async (
  query: Query,
  timing: CheckTiming,
  pushed: readonly Pushed[],
): Promise<readonly Pushed[]> => {
  if (pushed.length === 0) return [];
  const now = timing.now();
  const waiting = await readPending(query, pushed);
  const lastChecks = await readLastChecks(query, pushed);
  const asked = pushed.map(({ cluster, name, secret }) => {
    const key = `${cluster} ${name}`;
    const pending = waiting.get(key);
    const askedAt = pending?.asked_at ?? now;
    const runAt = checkAfterHook(now, lastChecks.get(key) ?? null, askedAt);
    // A follow-up that is due sooner also covers the webhook.
    const isSooner = pending?.asked_at === null && pending.run_at < runAt;
    return { cluster, name, secret, askedAt, due: isSooner ? pending.run_at : runAt, pending };
  });
  const rows = asked.map(({ cluster, name, secret, askedAt, due }) => {
    const row = { cluster, name, secret, state: 'pending' as const, run_at: due, set_at: now };
    return { ...row, asked_at: askedAt, attempts: 0, last_error: null };
  });
  for (const some of inParts(rows)) {
    await insertRows(query, 'look_work', some)
      .onConflict((conflict) =>
        conflict
          .columns(['cluster', 'name'])
          .where('state', '=', PENDING)
          .doUpdateSet((eb) => ({
            run_at: eb.ref('excluded.run_at'),
            set_at: eb.ref('excluded.set_at'),
            asked_at: eb.ref('excluded.asked_at'),
            attempts: 0,
          })),
      )
      .execute();
  }
  return asked.filter(({ pending, due }) => pending === undefined || due < pending.run_at);
};

type Pending = { readonly run_at: number; readonly asked_at: number | null };

const readPending = async (
  query: Query,
  pushed: readonly Pushed[],
): Promise<ReadonlyMap<string, Pending>> => {
  const rows = await query
    .selectFrom('look_work')
    .select(['cluster', 'name', 'run_at', 'asked_at'])
    .where('state', '=', PENDING)
    .where((eb) => isAmong(eb.ref('cluster'), [...new Set(pushed.map(({ cluster }) => cluster))]))
    .where((eb) => isAmong(eb.ref('name'), [...new Set(pushed.map(({ name }) => name))]))
    .execute();
  return new Map(rows.map((row) => [`${row.cluster} ${row.name}`, row]));
};
