import type { Digest } from '../../core/image/digest.ts';
import type { Approvals, Vote } from '../../core/policy/gates/gate-state.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { Query } from '../sqlite/open-store.ts';
import type { WaitingRow } from '../tables/gates.ts';

/** The subject of a vote: one image for one service with its present spec. Another image or spec needs new votes. */
export type VotedOn = Pick<
  WaitingRow,
  'cluster' | 'service_id' | 'spec_fingerprint' | 'tag' | 'digest'
>;

/** The part of a row that identifies the subject of a vote. */
export const votedOn = (row: VotedOn): VotedOn => {
  const { cluster, service_id, spec_fingerprint, tag, digest } = row;
  return { cluster, service_id, spec_fingerprint, tag, digest };
};

/** Stores a person's vote. It replaces an earlier vote of the same person for the same subject. */
export const putVote = async (
  query: Query,
  on: VotedOn,
  { person, role, at }: Vote,
  channel: string | null,
): Promise<void> => {
  const given = { role, channel, at };
  await query
    .insertInto('approval_votes')
    .values({ ...votedOn(on), person, ...given })
    .onConflict((conflict) =>
      conflict
        .columns(['cluster', 'service_id', 'digest', 'tag', 'spec_fingerprint', 'person'])
        .doUpdateSet(given),
    )
    .execute();
};

/** The votes for what waits, oldest first. Votes from an earlier wait of the same image do not count. */
export const votesFor = async (
  query: Query,
  row: VotedOn & Pick<WaitingRow, 'candidate_since'>,
): Promise<readonly Vote[]> =>
  query
    .selectFrom('approval_votes')
    .select(['person', 'role', 'at'])
    .where('cluster', '=', row.cluster)
    .where('service_id', '=', row.service_id)
    .where('digest', '=', row.digest)
    .where('tag', '=', row.tag)
    .where('spec_fingerprint', '=', row.spec_fingerprint)
    .where('at', '>=', row.candidate_since)
    .orderBy('at')
    .orderBy('person')
    .execute();

/** Returns the votes on an image for a service with its present spec. Its time is `now` if it begins to wait. */
export type FindApprovals = (
  service: Pick<Service, 'id' | 'specFingerprint'>,
  candidate: { readonly tag: string; readonly digest: Digest },
  now: number,
) => Approvals;

/** The votes on everything that waits in a cluster, read once. */
export const readApprovals = async (query: Query, cluster: string): Promise<FindApprovals> => {
  const waiting = await query
    .selectFrom('waiting')
    .select(['service_id', 'spec_fingerprint', 'tag', 'digest', 'candidate_since'])
    .where('cluster', '=', cluster)
    .execute();
  const rows = waiting.length === 0 ? [] : await readVotesOf(query, cluster);
  const candidates = new Map(waiting.map((row) => [row.service_id, row]));
  const votes = Map.groupBy(rows, (row) => row.service_id);
  return (service, { tag, digest }, now) => {
    const row = candidates.get(service.id);
    const isSame =
      row?.tag === tag &&
      row.digest === digest &&
      row.spec_fingerprint === service.specFingerprint();
    if (!isSame) return { votes: [], since: now };
    const since = row.candidate_since;
    const given = (votes.get(service.id) ?? []).filter(
      (one) =>
        one.tag === tag &&
        one.digest === digest &&
        one.spec_fingerprint === row.spec_fingerprint &&
        one.at >= since,
    );
    return { votes: given.map(({ person, role, at }) => ({ person, role, at })), since };
  };
};

const readVotesOf = (query: Query, cluster: string) =>
  query
    .selectFrom('approval_votes')
    .select(['service_id', 'spec_fingerprint', 'tag', 'digest', 'person', 'role', 'at'])
    .where('cluster', '=', cluster)
    .orderBy('at')
    .execute();

/** Removes old votes. They are kept for the audit, no longer than history. Votes that still count are never so old. */
export const pruneVotes = async (query: Query, before: number): Promise<void> => {
  await query
    .deleteFrom('approval_votes')
    .where('at', '<', before)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('waiting')
            .select('waiting.digest')
            .whereRef('waiting.cluster', '=', 'approval_votes.cluster')
            .whereRef('waiting.service_id', '=', 'approval_votes.service_id'),
        ),
      ),
    )
    .execute();
};
