import { durationText } from '../../duration.ts';
import type { CombinedApproval, GateRules } from './gate-policy.ts';
import { groupsOf } from './gate-rules.ts';
import type { Approvals, Candidate, Gate, GateResult, Vote } from './gate-state.ts';
import { areOpen, nextOpening } from './window.ts';

export type GateInput = {
  readonly rules: GateRules;
  /** The digests that appeared after the running image and are not held, oldest first. */
  readonly candidates: readonly [Candidate, ...Candidate[]];
  /** The votes on a candidate, and since when it is the one that waits. */
  readonly approvals: (candidate: Candidate) => Approvals;
};

/**
 * Which image a service may have now, or what it waits for. The newest candidate that is old enough is *the* candidate;
 * windows and votes apply to it. If votes also open the minimum age, it is the newest of all.
 *
 * Laws: what is open is old enough or has its votes, and is in every window; without windows, what is open stays open
 * as time passes; one more policy opens nothing, except that its votes may open the minimum age.
 */
export const gate = (input: GateInput, now: number): GateResult => {
  const candidate = chosen(input, now);
  const { rules } = input;
  const closed: Gate[] = [];
  const approvals = input.approvals(candidate);
  const opensAge = rules.approval?.opensMinAge === true;
  const approval =
    rules.approval === null ? null : approvalOf(rules.approval, approvals, input, candidate);
  const isYoung = now < ripeAt(rules, candidate);
  if (isYoung && !(opensAge && approval?.isOpen === true)) {
    closed.push(minAgeGate(rules, candidate, opensAge ? (rules.approval?.by ?? []) : []));
  }
  const opening = areOpen(groupsOf(rules.windows), now)
    ? now
    : nextOpening(groupsOf(rules.windows), now);
  closed.push(...windowGates(rules, approvals.since, now, opening));
  // Voting on a candidate that is too young starts once it is old enough; the deadline counts from then.
  const isVotedOn = approval !== null && !(isYoung && !opensAge);
  if (isVotedOn && !approval.isOpen) closed.push(approval.gate);
  if (closed.length === 0) return { kind: 'open', candidate };
  if (isVotedOn && !approval.isOpen && now >= approval.expiresAt) {
    return { kind: 'expired', candidate, gates: closed };
  }
  const times = [
    ...(isVotedOn && !approval.isOpen ? [approval.expiresAt] : []),
    ...(opening === null ? [now + NEVER_MS] : [opening]),
    // The next candidate to become old enough may replace it.
    ...input.candidates.map((one) => ripeAt(rules, one)),
  ];
  const later = times.filter((at) => at > now);
  return {
    kind: 'waiting',
    candidate,
    gates: closed,
    dueAt: later.length === 0 ? now + NEVER_MS : Math.min(...later),
  };
};

/** Windows with no opening in sight are checked again after this. */
const NEVER_MS = 24 * 3_600_000;

const ripeAt = ({ minAge }: GateRules, { firstSeenAt }: Candidate): number =>
  minAge === null ? Number.NEGATIVE_INFINITY : firstSeenAt + minAge.value;

const chosen = ({ rules, candidates }: GateInput, now: number): Candidate => {
  const newest = candidates.at(-1) ?? candidates[0];
  if (rules.minAge === null || rules.approval?.opensMinAge === true) return newest;
  const ripe = candidates.findLast((one) => now >= ripeAt(rules, one));
  if (ripe !== undefined) return ripe;
  // None is old enough: show the one that will be first.
  return candidates.reduce((a, b) => (ripeAt(rules, b) < ripeAt(rules, a) ? b : a));
};

const minAgeGate = (rules: GateRules, candidate: Candidate, canOpen: Gate['canOpen']): Gate => ({
  gate: 'min-age',
  source: rules.minAge?.source ?? '',
  since: candidate.firstSeenAt,
  until: ripeAt(rules, candidate),
  detail: `the image must be ${durationText(rules.minAge?.value ?? 0)} old`,
  votes: null,
  canOpen,
});

const windowGates = (
  { windows }: GateRules,
  since: number,
  now: number,
  opening: number | null,
): readonly Gate[] =>
  windows
    .filter(({ value }) => !areOpen([value], now))
    .map(({ value, source }) => ({
      gate: 'window',
      source,
      since,
      until: opening,
      detail: `deployments start ${value.map(({ text }) => text).join('; ')}`,
      votes: null,
      canOpen: [],
    }));

type ApprovalNow = {
  readonly isOpen: boolean;
  readonly expiresAt: number;
  readonly gate: Gate;
};

const approvalOf = (
  rule: CombinedApproval,
  { votes, since }: Approvals,
  { rules }: GateInput,
  candidate: Candidate,
): ApprovalNow => {
  const from = rule.opensMinAge ? since : Math.max(since, ripeAt(rules, candidate));
  const expiresAt = from + rule.deadline.value;
  const counted = countedVotes(rule, votes, expiresAt);
  const needed = rule.votes.value;
  const missing = needed - counted.length;
  return {
    isOpen: missing <= 0,
    expiresAt,
    gate: {
      gate: 'approval',
      source: rule.votes.source,
      since: from,
      until: expiresAt,
      detail: `${counted.length} of ${needed} ${needed === 1 ? 'vote' : 'votes'}; it expires otherwise`,
      votes: { given: counted.length, needed, by: counted.map(({ person }) => person) },
      canOpen: rule.by,
    },
  };
};

/** One vote per person, by roles that may vote, before the deadline, in the order in which they were given. */
export const countedVotes = (
  { by }: Pick<CombinedApproval, 'by'>,
  votes: readonly Vote[],
  expiresAt: number,
): readonly Vote[] => {
  const counted = new Map<string, Vote>();
  for (const vote of votes.toSorted((a, b) => a.at - b.at)) {
    if (!by.includes(vote.role) || vote.at >= expiresAt || counted.has(vote.person)) continue;
    counted.set(vote.person, vote);
  }
  return [...counted.values()];
};
