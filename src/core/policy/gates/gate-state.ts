import type { Digest } from '../../image/digest.ts';
import type { VoterRole } from './gate-policy.ts';

/** In the order in which they are shown. */
export const GATE_NAMES = ['min-age', 'window', 'approval'] as const;
export type GateName = (typeof GATE_NAMES)[number];

/** An image that a service could move to: it appeared after the one that runs. Times are ms since the epoch. */
export type Candidate = {
  readonly tag: string;
  readonly digest: Digest;
  /** When a registry first showed the tag with this digest: its age counts from here. */
  readonly firstSeenAt: number;
};

/** One person's decision on one candidate of one service, in the spec that the service has. */
export type Vote = {
  /** Name of the API token, or of the channel whose link was used: a person has one vote. */
  readonly person: string;
  /** That of the person when it was given. */
  readonly role: VoterRole;
  /** ms since the epoch. */
  readonly at: number;
};

/** What people have said about one candidate. Rejections and expiry are holds, not votes. */
export type Approvals = {
  /** Of these, only those count whose role the rules allow, and of each person one. */
  readonly votes: readonly Vote[];
  /** When the image became the candidate, ms since the epoch: the deadline counts from here. */
  readonly since: number;
};

/** A gate that is closed. */
export type Gate = {
  readonly gate: GateName;
  /** `label`, or the name of the policy. */
  readonly source: string;
  /** Since when the candidate waits at it, ms since the epoch. */
  readonly since: number;
  /**
   * Minimum age and window: when it opens. Approval: when it expires. ms since the epoch; null where that is not
   * known.
   */
  readonly until: number | null;
  /** One line for a person. */
  readonly detail: string;
  /** Null where votes do not open it. */
  readonly votes: VoteCount | null;
  /** Roles that can open it by voting; empty where only time does. */
  readonly canOpen: readonly VoterRole[];
};

export type VoteCount = {
  readonly given: number;
  readonly needed: number;
  /** Who gave them, in the order in which they did. */
  readonly by: readonly string[];
};

/** What stands in the way of a service, and of which candidate. */
export type GateResult =
  | { readonly kind: 'open'; readonly candidate: Candidate }
  | {
      readonly kind: 'waiting';
      /** What votes and windows are for. */
      readonly candidate: Candidate;
      /** At least one, in the order of {@link GATE_NAMES}. */
      readonly gates: readonly Gate[];
      /** When to look again, ms since the epoch: nothing opens before, unless somebody votes. */
      readonly dueAt: number;
    }
  /** The deadline has passed without enough votes. */
  | {
      readonly kind: 'expired';
      readonly candidate: Candidate;
      readonly gates: readonly Gate[];
    };

/** The same as the API shows it: times are RFC 3339. */
export type GateView = {
  readonly gate: GateName;
  readonly source: string;
  readonly since: string;
  readonly until: string | null;
  readonly detail: string;
  readonly votes: VoteCount | null;
  readonly canOpen: readonly VoterRole[];
};

/** Of a service that an earlier version showed. */
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
