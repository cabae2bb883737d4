import type { LaneFreeze, LanePush } from '../../core/contract/overview.ts';
import type { Db } from '../query/db.ts';
import { optionalRfc3339, rfc3339 } from '../query/json.ts';

/** Marks of one image: more are not told apart in a picture. */
const MOST_PUSHES = 100;
/** Of one repository, whose tags share a query. */
const MOST_OF_REPOSITORY = 1_000;
/** People make freezes, so there are few. */
const MOST_FREEZES = 500;

const repositoryOf = (image: string): string => image.slice(0, image.lastIndexOf(':'));
const tagOf = (image: string): string => image.slice(image.lastIndexOf(':') + 1);

/**
 * The newest pushes of each image (`registry/repository:tag`) since a time in ms since the epoch, oldest first. One
 * query for each repository, because services that follow tags have had many images.
 */
export const readPushMarks = async (
  db: Db,
  images: readonly string[],
  since: number,
): Promise<ReadonlyMap<string, readonly LanePush[]>> => {
  const found = await Promise.all(
    [...Map.groupBy(images, repositoryOf)].map(async ([name, own]) => {
      const rows = await db
        .selectFrom('pushes')
        .select(['delivery_id', 'received_at', 'tag'])
        .where('name', '=', name)
        .where('tag', 'in', own.map(tagOf))
        .where('received_at', '>=', since)
        .orderBy('received_at', 'desc')
        .limit(MOST_OF_REPOSITORY)
        .execute();
      const byTag = Map.groupBy(rows, ({ tag }) => tag);
      return own.map((image) => [image, toMarks(byTag.get(tagOf(image)) ?? [])] as const);
    }),
  );
  return new Map(found.flat());
};

type PushRow = { readonly delivery_id: string; readonly received_at: number; readonly tag: string };

/** @param rows newest first */
const toMarks = (rows: readonly PushRow[]): readonly LanePush[] =>
  rows
    .slice(0, MOST_PUSHES)
    .map(({ delivery_id, received_at, tag }) => ({
      delivery: delivery_id,
      at: rfc3339(received_at),
      tag,
    }))
    .toReversed();

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
