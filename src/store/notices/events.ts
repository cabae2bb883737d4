import { readJson, rfc3339 } from '../query/json.ts';
import type { Db, Query } from '../sqlite/open-store.ts';

export type StoredEvent = {
  /** Counts up from 1 without gaps since the events were opened, even if nobody listened. */
  readonly id: number;
  readonly at: string;
  /** What changed: `delivery`, `push`, `check`, `published`, `deployment`, `step`, … */
  readonly type: string;
  /** The item and its present state. Never contains output of a container. */
  readonly data: Readonly<Record<string, unknown>>;
};

/** Adds an event for something that happened outside of the store. */
export const addEvent = async (
  db: Query,
  type: string,
  data: Readonly<Record<string, unknown>>,
): Promise<void> => {
  await db
    .insertInto('events')
    .values({ type, data: JSON.stringify(data) })
    .execute();
};

/** The events after one, oldest first. */
export const readEvents = async (
  db: Db,
  after: number,
  limit: number,
): Promise<readonly StoredEvent[]> => {
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id, at, type, data }) => ({
    id,
    at: rfc3339(at),
    type,
    data: readJson(data),
  }));
};

/** Ids of the oldest and the newest stored event; `newest` is 0 if there was none yet. */
export const eventRange = async (
  db: Db,
): Promise<{ readonly oldest: number; readonly newest: number }> => {
  const { oldest, newest } = await db
    .selectFrom('events')
    .select((eb) => [eb.fn.min('id').as('oldest'), eb.fn.max('id').as('newest')])
    .$castTo<{ oldest: number | null; newest: number | null }>()
    .executeTakeFirstOrThrow();
  return { oldest: oldest ?? 1, newest: newest ?? 0 };
};

/**
 * A counter that increases with everything that may change the state of services. Callers recheck only if it changed.
 */
export const countChanges = async (db: Db): Promise<number> => {
  const { count } = await db.selectFrom('changes').select('count').executeTakeFirstOrThrow();
  return count;
};

export type DeploymentEnds = readonly {
  readonly cluster: string;
  readonly state: string;
  readonly count: number;
}[];

/** The number of deployments that reached each final state since the store was opened. */
export const countDeploymentEnds = (db: Db): Promise<DeploymentEnds> =>
  db.selectFrom('deployment_ends').selectAll().orderBy('cluster').orderBy('state').execute();

export type Verified = { readonly cluster: string; readonly seconds: number };

/** Returns, once each, how long pushes took from their first webhook to the verified end of a deployment. */
export const takeVerified = (db: Db): Promise<readonly Verified[]> =>
  db.deleteFrom('verified').returning(['cluster', 'seconds']).execute();
