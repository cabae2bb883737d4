import { durationText } from '../../duration.ts';
import type { ApprovalRule, GatePolicy, GateRules, VoterRole } from './gate-policy.ts';
import type { ConfiguredPolicy, PolicyMatch } from './matching-policies.ts';

/** What one policy or the labels of a service ask for; durations as people write them: `3d`. */
export type PolicyView = {
  /** `label`, or the name of the policy. */
  readonly source: string;
  readonly minAge: string | null;
  readonly windows: readonly string[] | null;
  readonly approval: {
    readonly votes: number;
    /** Null if it leaves that to other policies; the same holds for the next two. */
    readonly by: readonly VoterRole[] | null;
    readonly deadline: string | null;
    readonly opensMinAge: boolean | null;
  } | null;
};

/** A policy of the configuration. */
export type ConfiguredPolicyView = PolicyView & { readonly match: PolicyMatch };

type From<Value> = { readonly value: Value; readonly source: string };

/** The policies that apply to one service, and their combination. */
export type ServicePoliciesView = {
  readonly cluster: string;
  readonly service: string;
  readonly stack: string | null;
  readonly policies: readonly PolicyView[];
  readonly total: {
    readonly minAge: From<string> | null;
    /** Each entry must be open; any window of an entry opens it. */
    readonly windows: readonly From<readonly string[]>[];
    readonly approval: {
      readonly votes: From<number>;
      readonly by: readonly VoterRole[];
      readonly deadline: From<string>;
      readonly opensMinAge: boolean;
    } | null;
  };
  /** Why its gates could never open, in one line for a person. The service is held then. */
  readonly problem: string | null;
};

const approvalView = ({ votes, by, deadlineMs, opensMinAge }: ApprovalRule) => ({
  votes,
  by,
  deadline: deadlineMs === null ? null : durationText(deadlineMs),
  opensMinAge,
});

export const toPolicyView = ({ source, minAgeMs, windows, approval }: GatePolicy): PolicyView => ({
  source,
  minAge: minAgeMs === null ? null : durationText(minAgeMs),
  windows: windows?.map(({ text }) => text) ?? null,
  approval: approval === null ? null : approvalView(approval),
});

export const toConfiguredView = (policy: ConfiguredPolicy): ConfiguredPolicyView => ({
  ...toPolicyView(policy),
  match: policy.match,
});

export const toTotalView = ({
  minAge,
  windows,
  approval,
}: GateRules): ServicePoliciesView['total'] => ({
  minAge: minAge === null ? null : { ...minAge, value: durationText(minAge.value) },
  windows: windows.map(({ value, source }) => ({
    value: value.map(({ text }) => text),
    source,
  })),
  approval:
    approval === null
      ? null
      : {
          ...approval,
          deadline: { ...approval.deadline, value: durationText(approval.deadline.value) },
        },
});
