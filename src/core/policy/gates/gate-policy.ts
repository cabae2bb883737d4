/** Days of a week as `Date` counts them: 0 is Sunday. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** `mon-thu 09:00-16:00 Europe/Madrid`: on each of its days, open from the start until just before the end. */
export type Window = {
  /** As written in the label or policy. */
  readonly text: string;
  /** The days on which it begins. */
  readonly days: readonly Weekday[];
  /** Minutes since midnight on the wall clock of the zone, 0 to 1439. */
  readonly from: number;
  /** The same, 1 to 1440, exclusive. If it is not after `from`, the window ends on the next day. */
  readonly to: number;
  /** IANA name, one that this machine knows. */
  readonly zone: string;
};

/** Who may vote. A viewer never does. */
export const VOTER_ROLES = ['approver', 'operator'] as const;
export type VoterRole = (typeof VOTER_ROLES)[number];

export type ApprovalRule = {
  /** Distinct people who must approve, at least 1. */
  readonly votes: number;
  /** Roles that may vote; null if the policy leaves it open. */
  readonly by: readonly VoterRole[] | null;
  /** Counted from when the image became the candidate, ms; null if the policy leaves it open. */
  readonly deadlineMs: number | null;
  /** Whether enough votes open the minimum age too; null if the policy leaves it open, which means yes. */
  readonly opensMinAge: boolean | null;
};

/** What one label or one policy of the configuration asks for. */
export type GatePolicy = {
  /** `label`, or the name of the policy. */
  readonly source: string;
  /** Null if it asks for none; the same holds for the others. */
  readonly minAgeMs: number | null;
  /** Any of them must be open. */
  readonly windows: readonly Window[] | null;
  readonly approval: ApprovalRule | null;
};

/** A value and the label or policy that it comes from. */
export type Sourced<Value> = { readonly value: Value; readonly source: string };

/**
 * The combination of the label and all matching policies for one service. The stricter value wins, whatever the order:
 * the longest age, every policy's windows, the most votes, the roles that all allow, the shortest deadline.
 */
export type GateRules = {
  /** ms */
  readonly minAge: Sourced<number> | null;
  /** All entries must be open at once; any window of an entry is enough. Empty if there are none. */
  readonly windows: readonly Sourced<readonly Window[]>[];
  readonly approval: CombinedApproval | null;
};

export type CombinedApproval = {
  /** How many votes, and which source requires them. */
  readonly votes: Sourced<number>;
  /** Empty if the policies allow no common role: nobody can open it. */
  readonly by: readonly VoterRole[];
  /** ms */
  readonly deadline: Sourced<number>;
  readonly opensMinAge: boolean;
};

/** Deadline of an approval if no policy sets one: every wait has an end. */
export const USUAL_DEADLINE_MS = 7 * 24 * 3_600_000;
