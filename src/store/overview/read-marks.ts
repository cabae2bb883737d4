import type { LaneFreeze, LanePush } from '../../core/contract/overview.ts';
import type { Db } from '../query/db.ts';
import { optionalRfc3339, rfc3339 } from '../query/json.ts';

/** Marks of one image: more are not told apart in a picture. */
const MOST_PUSHES = 100;
/** People make freezes, so there are few. */
const MOST_FREEZES = 500;

/** The newest pushes of each image (`registry/repository:tag`) since a time in ms since the epoch, oldest first. */
export const readPushMarks = async (
  db: Db,
  images: readonly string[],
  since: number,
): Promise<ReadonlyMap<string, readonly LanePush[]>> => {
  const found = await Promise.all(
    images.map(async (image) => {
      const end = image.lastIndexOf(':');
      const rows = await db
        .selectFrom('pushes')
        .select(['delivery_id', 'received_at', 'tag'])
        .where('name', '=', image.slice(0, end))
        .where('tag', '=', image.slice(end + 1))
        .where('received_at', '>=', since)
        .orderBy('received_at', 'desc')
        .limit(MOST_PUSHES)
        .execute();
      const marks = rows.map(({ delivery_id, received_at, tag }) => ({
        delivery: delivery_id,
        at: rfc3339(received_at),
        tag,
      }));
      return [image, marks.toReversed()] as const;
    }),
  );
  return new Map(found);
};

/** A freeze with what it applies to: null means every one. */
export type FreezeBand = LaneFreeze & {
  readonly cluster: string | null;
  readonly stack: string | null;
  readonly service: string | null;
};

/** The freezes that were active at some time since then, in ms since the epoch; oldest first. */
export const readFreezeBands = async (db: Db, since: number): Promise<readonly FreezeBand[]> => {
  const rows = await db
    .selectFrom('freezes')
    .select(['id', 'cluster', 'stack', 'service', 'reason', 'created_at', 'until', 'ended_at'])
    .where((eb) => eb.or([eb('ended_at', 'is', null), eb('ended_at', '>', since)]))
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', since)]))
    .orderBy('id', 'desc')
    .limit(MOST_FREEZES)
    .execute();
  return rows.toReversed().map(({ created_at, until, ended_at, ...row }) => ({
    ...row,
    since: rfc3339(created_at),
    until: optionalRfc3339(ended_at ?? until),
  }));
};
