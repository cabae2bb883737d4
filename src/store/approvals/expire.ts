import type { Digest } from '../../core/image/digest.ts';
import { addEvent } from '../notices/events.ts';
import { addHold } from '../holds/holds.ts';
import { rfc3339 } from '../query/json.ts';
import type { Query } from '../sqlite/open-store.ts';
import { leaveGateNews } from './gate-news.ts';
import { votesFor } from './votes.ts';
import { eventOf, findWaiting, gatesOf, isDecided, noticeOf } from './waiting.ts';

export type Expiring = {
  readonly cluster: string;
  readonly serviceId: string;
  /** For the hold and its gate news. */
  readonly ids: { readonly hold: string; readonly news: string };
};

/**
 * Holds an image that did not get its votes by the deadline, as part of the caller's transaction. Returns the hold's
 * line for a person. Null if the deadline is ahead, if enough votes came before it, or if a person rejected the image:
 * any of these may have happened since the caller checked.
 */
export const expireWaiting = async (
  query: Query,
  { cluster, serviceId, ids }: Expiring,
  now: number,
): Promise<string | null> => {
  const row = await findWaiting(query, cluster, serviceId);
  const asked = row === null ? undefined : gatesOf(row).find((gate) => gate.votes !== null);
  if (row === null || asked === undefined) return null;
  const { until, votes, canOpen } = asked;
  if (votes === null || until === null || now < until) return null;
  // A person rejected it since the caller checked.
  if (await isDecided(query, row)) return null;
  const given = (await votesFor(query, row)).filter(
    ({ role, at }) => canOpen.includes(role) && at < until,
  );
  if (given.length >= votes.needed) return null;
  const detail = `the published digest had ${given.length} of ${votes.needed} votes when its time was over at ${rfc3339(until)}`;
  const hold = {
    id: ids.hold,
    cluster,
    service: { id: serviceId, specFingerprint: () => row.spec_fingerprint },
    digest: row.digest as Digest,
    kind: 'expired',
    deployment: null,
    detail,
  } as const;
  await addHold(query, hold, now);
  await addEvent(query, 'waiting', { ...eventOf(row), state: 'expired' });
  const by = given.map(({ person }) => person);
  const news = noticeOf(row, { id: ids.news, state: 'expired' }, now);
  await leaveGateNews(query, { ...news, by }, now);
  return detail;
};
