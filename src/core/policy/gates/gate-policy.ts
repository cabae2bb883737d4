/** Days of a week as `Date` counts them: 0 is Sunday. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** `mon-thu 09:00-16:00 Europe/Madrid`: open from the start to before the end, on each of its days. */
export type Window = {
  /** As it stands in the label or policy. */
  readonly text: string;
  /** The days on which it begins. */
  readonly days: readonly Weekday[];
  /** Minutes since midnight on the wall clock of the zone, 0 to 1439. */
  readonly from: number;
  /** The same, 1 to 1440, exclusive. Not after `from`: it ends on the next day. */
  readonly to: number;
  /** IANA name, one that this machine knows. */
  readonly zone: string;
};

/** Who may vote. A viewer never does. */
export const VOTER_ROLES = ['approver', 'operator'] as const;
export type VoterRole = (typeof VOTER_ROLES)[number];

export type ApprovalRule = {
  /** Distinct people who have to approve, at least 1. */
  readonly votes: number;
  /** Roles that may vote; null where the policy leaves it open. */
  readonly by: readonly VoterRole[] | null;
  /** From when the image became the candidate, ms; null where the policy leaves it open. */
  readonly deadlineMs: number | null;
  /** Whether enough votes open the minimum age too; null where the policy leaves it open, which means yes. */
  readonly opensMinAge: boolean | null;
};

/** What one label or one policy of the configuration asks for. */
export type GatePolicy = {
  /** `label`, or the name of the policy. */
  readonly source: string;
  /** Null where it asks for none, and so are the others. */
  readonly minAgeMs: number | null;
  /** Any of them must be open. */
  readonly windows: readonly Window[] | null;
  readonly approval: ApprovalRule | null;
};

/** A value and the label or policy that it comes from. */
export type Sourced<Value> = { readonly value: Value; readonly source: string };

/**
 * What the label and all matching policies add up to for one service. The stricter value wins, whatever the order:
 * the longest age, every policy's windows, the most votes, the roles that all allow, the shortest deadline.
 */
export type GateRules = {
  /** ms */
  readonly minAge: Sourced<number> | null;
  /** All of these must be open at once; of each, any window. Empty for none. */
  readonly windows: readonly Sourced<readonly Window[]>[];
  readonly approval: CombinedApproval | null;
};

export type CombinedApproval = {
  /** How many, and who asks for so many. */
  readonly votes: Sourced<number>;
  /** Empty where the policies allow nobody in common: nobody can open it. */
  readonly by: readonly VoterRole[];
  /** ms */
  readonly deadline: Sourced<number>;
  readonly opensMinAge: boolean;
};

/** An approval that no policy gives a deadline ends after this: every wait has an end. */
export const USUAL_DEADLINE_MS = 7 * 24 * 3_600_000;
