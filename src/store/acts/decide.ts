import type { Digest } from '../../core/image/digest.ts';
import {
  isMeantDigest,
  judgeVote,
  type NewVote,
  type VoteRefusal,
} from '../../core/policy/approvals/judge-vote.ts';
import type { WaitingView } from '../../core/policy/approvals/waiting-view.ts';
import { type NewAction, recordAction } from '../access/actions.ts';
import { addEvent } from '../notices/events.ts';
import { holdWaitingChecks } from '../gates/join-checks.ts';
import { addHold } from '../holds/holds.ts';
import { rfc3339 } from '../query/json.ts';
import type { Db, Query } from '../sqlite/open-store.ts';
import { leaveGateNews } from '../approvals/gate-news.ts';
import { useLink } from '../approvals/links.ts';
import { putVote, votesFor } from '../approvals/votes.ts';
import {
  eventOf,
  findWaiting,
  gatesOf,
  isDecided,
  noticeOf,
  viewOf,
  type Waiting,
} from '../approvals/waiting.ts';

/*
 * Decisions of people. Each is one unit of work, and the store carries them out one after another. If a vote and a
 * deadline, or a vote and a rejection, happen at the same moment, the first commit wins and the second one sees it.
 */

export type DecidedOn = {
  readonly cluster: string;
  /** Name or id. */
  readonly service: string;
};

/** The notification link used for the decision; null with an API token. */
export type ByLink = { readonly hash: string; readonly channel: string } | null;

export type Decision =
  | { readonly kind: 'done' | 'repeated'; readonly waiting: WaitingView }
  | { readonly kind: 'not-waiting' | 'link-used' }
  | { readonly kind: 'refused'; readonly why: VoteRefusal; readonly waiting: WaitingView };

type ActedAt = {
  readonly act: Omit<NewAction, 'action' | 'target' | 'detail'>;
  /** ms since the epoch. */
  readonly now: number;
};

/** Counts a person's vote for what waits, and makes the service's check due now. */
export const approveByPerson = (
  db: Db,
  on: DecidedOn,
  vote: NewVote & { readonly link: ByLink },
  { act, now }: ActedAt,
): Promise<Decision> =>
  db.transaction().execute(async (query) => {
    const row = await findWaiting(query, on.cluster, on.service);
    if (row === null || (await isDecided(query, row))) return { kind: 'not-waiting' };
    const votes = await votesFor(query, row);
    const voters = votes.map(({ person }) => person);
    const standing = { digest: row.digest as Digest, gates: gatesOf(row), voters };
    const judged = judgeVote(standing, vote, now);
    const waiting = await viewOf(query, row);
    if (judged.kind === 'refused') return { kind: 'refused', why: judged.why, waiting };
    const { link, person, role } = vote;
    if (link !== null && !(await useLink(query, link.hash, now))) return { kind: 'link-used' };
    if (judged.kind === 'repeated') return { kind: 'repeated', waiting };
    // The vote must still count after a clock was set back.
    const at = Math.max(now, row.candidate_since);
    await putVote(query, row, { person, role, at }, link?.channel ?? null);
    const after = { ...row, gates: JSON.stringify(judged.gates) };
    await lookAgain(query, after, now);
    await addEvent(query, 'vote', { ...eventOf(row), by: person });
    const counted = judged.gates.find((gate) => gate.votes !== null)?.votes ?? null;
    const detail = { ...toldOf(row, link), votes: counted };
    await recordAction(query, { ...act, action: 'approve', target: targetOf(row), detail }, now);
    return { kind: 'done', waiting: await viewOf(query, after) };
  });

export type Rejection = {
  readonly digest: string | null;
  readonly reason: string;
  /** For the hold and its gate news. */
  readonly ids: { readonly hold: string; readonly news: string };
  readonly link: ByLink;
};

/** Holds the waiting image of the service. An older waiting image may become the candidate. */
export const rejectByPerson = (
  db: Db,
  on: DecidedOn,
  { digest: asked, reason, ids, link }: Rejection,
  { act, now }: ActedAt,
): Promise<Decision> =>
  db.transaction().execute(async (query) => {
    const row = await findWaiting(query, on.cluster, on.service);
    if (row === null || (await isDecided(query, row))) return { kind: 'not-waiting' };
    const waiting = await viewOf(query, row);
    if (!isMeantDigest(row.digest, asked)) return { kind: 'refused', why: 'other-image', waiting };
    if (link !== null && !(await useLink(query, link.hash, now))) return { kind: 'link-used' };
    const { cluster, service_id: id, spec_fingerprint } = row;
    const hold = {
      id: ids.hold,
      cluster,
      service: { id, specFingerprint: () => spec_fingerprint },
      digest: row.digest as Digest,
      kind: 'rejected',
      deployment: null,
      detail: `${act.actor} rejected the published digest at ${rfc3339(now)}: ${reason}`,
    } as const;
    await addHold(query, hold, now);
    const { detail: held } = hold;
    const ofIt = { serviceId: id, digest: hold.digest };
    await holdWaitingChecks(query, ofIt, { kind: 'rejected', detail: held });
    await lookAgain(query, row, now);
    await addEvent(query, 'waiting', { ...eventOf(row), state: 'rejected' });
    const detail = { ...toldOf(row, link), reason };
    await recordAction(query, { ...act, action: 'reject', target: targetOf(row), detail }, now);
    const news = noticeOf(row, { id: ids.news, state: 'rejected' }, now);
    await leaveGateNews(query, { ...news, by: [act.actor], reason }, now);
    return { kind: 'done', waiting };
  });

const targetOf = ({ cluster, service_name }: Waiting): string => `${cluster}/${service_name}`;

const toldOf = (row: Waiting, link: ByLink) => ({
  tag: row.tag,
  from: row.from_digest,
  to: row.digest,
  ...(link === null ? {} : { channel: link.channel }),
});

/** Stores the present gates, and makes the service due for a check. */
const lookAgain = async (query: Query, row: Waiting, now: number): Promise<void> => {
  await query
    .updateTable('waiting')
    .set({ gates: row.gates, due_at: now, set_at: now })
    .where('cluster', '=', row.cluster)
    .where('service_id', '=', row.service_id)
    .execute();
};
