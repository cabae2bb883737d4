import type { Digest } from '../../core/image/digest.ts';
import type { Intent } from '../../core/rollout/deployment.ts';
import { readOptionalJson } from '../query/json.ts';
import { IS_QUEUED, IS_UNDER_WAY } from '../query/open-states.ts';
import type { Query } from '../sqlite/open-store.ts';

/** A deployment that moved a service to another tag, where it stayed until somebody else set a third. */
export type Move = {
  readonly deployment: string;
  readonly tag: string;
  readonly digest: Digest | null;
  /** ms since the epoch. */
  readonly endedAt: number;
};

/**
 * The tags that services of a cluster were moved to, each with its digest, newest first, by the service's id. Moves
 * that failed and were reverted are left out.
 */
export const readMoves = async (
  db: Query,
  cluster: string,
): Promise<ReadonlyMap<string, readonly Move[]>> => {
  const rows = await db
    .selectFrom('deployments')
    .select(['id', 'service_id', 'tag', 'to_digest', 'ended_at'])
    .where('cluster', '=', cluster)
    .whereRef('from_tag', '!=', 'tag')
    .where((eb) =>
      eb.or([
        eb('state', '=', 'succeeded'),
        eb.and([eb('state', '=', 'failed'), eb('reason', '=', 'changed-by-other')]),
      ]),
    )
    .orderBy('id', 'desc')
    .execute();
  const moves = rows.map((row) => ({
    service: row.service_id,
    deployment: row.id,
    tag: row.tag,
    digest: row.to_digest as Digest | null,
    endedAt: row.ended_at ?? 0,
  }));
  return Map.groupBy(moves, ({ service }) => service);
};

/** The tag of each service's newest open forward deployment, by the service's id. */
export const readOpenTags = async (
  db: Query,
  cluster: string,
): Promise<ReadonlyMap<string, string>> => {
  const rows = await db
    .selectFrom('deployments')
    .select(['service_id', 'tag', 'intent'])
    .where((eb) =>
      eb.or([
        eb.and([eb('cluster', '=', cluster), IS_QUEUED]),
        eb.and([eb('cluster', '=', cluster), IS_UNDER_WAY]),
      ]),
    )
    .orderBy('id')
    .execute();
  const goesBack = (intent: string | null): boolean =>
    readOptionalJson<Intent>(intent)?.phase === 'back';
  return new Map(
    rows.flatMap((row): [string, string][] =>
      goesBack(row.intent) ? [] : [[row.service_id, row.tag]],
    ),
  );
};
