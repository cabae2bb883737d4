import type { Digest } from '../../image/digest.ts';
import type { VoterRole } from './gate-policy.ts';

/** In display order. */
export const GATE_NAMES = ['min-age', 'window', 'approval'] as const;
export type GateName = (typeof GATE_NAMES)[number];

/** An image that a service could move to: it appeared after the one that runs. Times are ms since the epoch. */
export type Candidate = {
  readonly tag: string;
  readonly digest: Digest;
  /** When a registry first showed the tag with this digest. The age counts from here. */
  readonly firstSeenAt: number;
};

/** One person's decision on one candidate of one service, in the spec that the service has. */
export type Vote = {
  /** Name of the API token, or {@link LINK_VOTER} for any one-time link. Each person has one vote. */
  readonly person: string;
  /** The person's role when the vote was given. */
  readonly role: VoterRole;
  /** ms since the epoch. */
  readonly at: number;
};

/** Votes on one candidate. Rejections and expiry are holds, not votes. */
export type Approvals = {
  /** Only votes by roles that the rules allow count, one per person. */
  readonly votes: readonly Vote[];
  /** When the image became the candidate, ms since the epoch: the deadline counts from here. */
  readonly since: number;
};

/** A gate that is closed. */
export type Gate = {
  readonly gate: GateName;
  /** `label`, or the name of the policy. */
  readonly source: string;
  /** Since when the candidate waits at this gate, ms since the epoch. */
  readonly since: number;
  /** Minimum age and window: when it opens. Approval: when it expires. ms since the epoch; null if unknown. */
  readonly until: number | null;
  /** One line for a person. */
  readonly detail: string;
  /** Null if votes do not open it. */
  readonly votes: VoteCount | null;
  /** Roles that can open it by voting; empty if only time opens it. */
  readonly canOpen: readonly VoterRole[];
};

export type VoteCount = {
  readonly given: number;
  readonly needed: number;
  /** Who voted, in order of their votes. */
  readonly by: readonly string[];
};

/** What stops a service's deployment, and for which candidate. */
export type GateResult =
  | { readonly kind: 'open'; readonly candidate: Candidate }
  | {
      readonly kind: 'waiting';
      /** The candidate that votes and windows apply to. */
      readonly candidate: Candidate;
      /** At least one, in the order of {@link GATE_NAMES}. */
      readonly gates: readonly Gate[];
      /** When to check again, ms since the epoch: nothing opens earlier, unless somebody votes. */
      readonly dueAt: number;
    }
  /** The deadline has passed without enough votes. */
  | {
      readonly kind: 'expired';
      readonly candidate: Candidate;
      readonly gates: readonly Gate[];
    };

/** The same as the API shows it. Times are RFC 3339. */
export type GateView = {
  readonly gate: GateName;
  readonly source: string;
  readonly since: string;
  readonly until: string | null;
  readonly detail: string;
  readonly votes: VoteCount | null;
  readonly canOpen: readonly VoterRole[];
};

/** For a service recorded by an earlier version. */
export const NO_GATES: { readonly plan: 'leave'; readonly gates: readonly GateView[] } = {
  plan: 'leave',
  gates: [],
};

const rfc3339 = (ms: number): string => new Date(ms).toISOString();

export const toGateView = (gate: Gate): GateView => ({
  ...gate,
  since: rfc3339(gate.since),
  until: gate.until === null ? null : rfc3339(gate.until),
});
