import {
  type ApprovalRule,
  type CombinedApproval,
  type GatePolicy,
  type GateRules,
  type Sourced,
  USUAL_DEADLINE_MS,
  VOTER_ROLES,
} from './gate-policy.ts';
import { nextOpening } from './window.ts';

const NO_RULES: GateRules = { minAge: null, windows: [], approval: null };

/**
 * The strictest value by `isStricter`. Of equal values, the one whose source sorts first wins, so order does not
 * matter.
 */
const strictest = (
  values: readonly Sourced<number>[],
  isStricter: (one: number, other: number) => boolean,
): Sourced<number> | null =>
  values.reduce<Sourced<number> | null>((best, one) => {
    if (best === null || isStricter(one.value, best.value)) return one;
    return one.value === best.value && one.source < best.source ? one : best;
  }, null);

const most = (one: number, other: number): boolean => one > other;
const least = (one: number, other: number): boolean => one < other;

/**
 * Combines policies. Laws: their order does not matter, a repeated policy counts once, and an additional policy never
 * opens a closed gate, except that the votes it asks for may open the minimum age.
 */
export const combineGates = (policies: readonly GatePolicy[]): GateRules => {
  if (policies.length === 0) return NO_RULES;
  const ages = policies.flatMap(({ minAgeMs, source }) =>
    minAgeMs === null ? [] : [{ value: minAgeMs, source }],
  );
  const windows = policies.flatMap(({ windows: all, source }) =>
    all === null ? [] : [{ value: all, source }],
  );
  const unique = new Map(windows.map((one) => [`${one.source}\n${textOf(one)}`, one]));
  return {
    minAge: strictest(ages, most),
    windows: [...unique.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one),
    approval: combineApprovals(policies),
  };
};

const textOf = ({ value }: GateRules['windows'][number]): string =>
  value.map(({ text }) => text).join('; ');

const combineApprovals = (policies: readonly GatePolicy[]): CombinedApproval | null => {
  const asked = policies.flatMap(({ approval, source }) =>
    approval === null ? [] : [{ ...approval, source }],
  );
  const votes = strictest(asked.map(sourced('votes')), most);
  if (votes === null) return null;
  const deadlines = asked.flatMap(({ deadlineMs, source }) =>
    deadlineMs === null ? [] : [{ value: deadlineMs, source }],
  );
  return {
    votes,
    by: VOTER_ROLES.filter((role) => asked.every(({ by }) => by === null || by.includes(role))),
    deadline: strictest(deadlines, least) ?? { value: USUAL_DEADLINE_MS, source: votes.source },
    opensMinAge: asked.every(({ opensMinAge }) => opensMinAge !== false),
  };
};

const sourced =
  (field: 'votes') =>
  (rule: ApprovalRule & { readonly source: string }): Sourced<number> => ({
    value: rule[field],
    source: rule.source,
  });

/** Whether a service has any gates. */
export const hasGates = ({ minAge, windows, approval }: GateRules): boolean =>
  minAge !== null || windows.length > 0 || approval !== null;

/** Who could vote: an API token, or all channels with `approve`, which count together as one vote. */
export type Voter = { readonly role: string };

/**
 * Why the gates of a service could never open, in one line for a person; null if they can.
 *
 * @param voters those whose scope contains the service
 */
export const problemOfRules = (
  { windows, approval }: GateRules,
  voters: readonly Voter[],
  now: number,
): string | null => {
  if (approval !== null) {
    const { votes, by } = approval;
    if (by.length === 0) {
      return `the policies have no approving role in common, so nobody could approve`;
    }
    const able = voters.filter(({ role }) => by.some((one) => one === role)).length;
    if (able < votes.value) {
      const who = able === 1 ? '1 token' : `${able} tokens`;
      return `${votes.source} asks for ${votes.value} votes by ${by.join(' or ')}, and ${who} can give one: add tokens, or lower the number`;
    }
  }
  if (windows.length > 0 && nextOpening(groupsOf(windows), now) === null) {
    const sources = [...new Set(windows.map(({ source }) => source))].join(' and ');
    return `the windows of ${sources} are never open together within 14 days`;
  }
  return null;
};

export const groupsOf = (windows: GateRules['windows']): GateRules['windows'][number]['value'][] =>
  windows.map(({ value }) => value);
