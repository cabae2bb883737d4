import type { Digest } from '../../image/digest.ts';
import type { VoterRole } from '../gates/gate-policy.ts';
import type { Gate } from '../gates/gate-state.ts';

/** All links in notifications together count as this one voter. No API token can have this name. */
export const LINK_VOTER = 'notification link';

/** A link is in a message that many people may read, so it has only this role. */
export const LINK_ROLE: VoterRole = 'approver';

/** What waits, reduced to what judging a vote needs. */
export type Standing = {
  readonly digest: Digest;
  /** The closed ones. */
  readonly gates: readonly Gate[];
  /** Who has voted for exactly this candidate. */
  readonly voters: readonly string[];
};

export type NewVote = {
  /** Name of an API token, or {@link LINK_VOTER}. */
  readonly person: string;
  readonly role: VoterRole;
  /** The digest that the person saw, or its beginning; null means the one that waits. */
  readonly digest: string | null;
};

export type VoteRefusal =
  /** Another image waits by now and needs its own votes. */
  | 'other-image'
  /** No votes are needed: there are enough, or only time opens the gate. */
  | 'no-votes-wanted'
  | 'role-not-allowed'
  | 'too-late';

export type VoteJudgement =
  | { readonly kind: 'refused'; readonly why: VoteRefusal }
  /** The person has already voted for it: nothing changes. */
  | { readonly kind: 'repeated' }
  /** `gates` are the closed ones with the vote counted. */
  | { readonly kind: 'counted'; readonly gates: readonly Gate[] };

/** Whether this is the digest that a person named in full or by its beginning; null matches any. */
export const isMeantDigest = (digest: string, asked: string | null): boolean =>
  asked === null || digest.startsWith(asked);

const isVotedOn = (gate: Gate): gate is Gate & { readonly votes: NonNullable<Gate['votes']> } =>
  gate.votes !== null;

/** Judges a vote. A vote at exactly the deadline is too late. */
export const judgeVote = (standing: Standing, vote: NewVote, now: number): VoteJudgement => {
  if (!isMeantDigest(standing.digest, vote.digest)) return { kind: 'refused', why: 'other-image' };
  if (standing.voters.includes(vote.person)) return { kind: 'repeated' };
  const asking = standing.gates.find(isVotedOn);
  if (asking === undefined) return { kind: 'refused', why: 'no-votes-wanted' };
  if (!asking.canOpen.includes(vote.role)) return { kind: 'refused', why: 'role-not-allowed' };
  if (asking.until !== null && now >= asking.until) return { kind: 'refused', why: 'too-late' };
  const { given, needed, by } = asking.votes;
  if (given >= needed) return { kind: 'refused', why: 'no-votes-wanted' };
  const votes = { given: given + 1, needed, by: [...by, vote.person] };
  const detail = votesDetail(votes);
  const counted = { ...asking, votes, detail };
  return {
    kind: 'counted',
    gates: standing.gates.map((gate) => (gate === asking ? counted : gate)),
  };
};

const votesDetail = ({ given, needed }: { readonly given: number; readonly needed: number }) =>
  `${given} of ${needed} ${needed === 1 ? 'vote' : 'votes'}; it expires otherwise`;
