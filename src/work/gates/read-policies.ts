import type { Capabilities } from '../../core/swarm/cluster.ts';
import { unsupportedLabel } from '../../core/policy/labels.ts';
import { policiesFor } from '../../core/policy/gates/matching-policies.ts';
import { combineGates } from '../../core/policy/gates/gate-rules.ts';
import {
  type ServicePoliciesView,
  toPolicyView,
  toTotalView,
} from '../../core/policy/gates/policy-view.ts';
import type { Service } from '../../core/swarm/service.ts';
import { unsupportedWords } from '../../core/verdict/verdict.ts';
import { type Gating, gatesOf } from './gating.ts';

/** The labels and policies that apply to a service, and the gates that result. */
export const policiesOf = (
  gating: Gating,
  cluster: { readonly name: string; readonly capabilities: Pick<Capabilities, 'setsDigest'> },
  service: Service,
  now: number,
): ServicePoliciesView => {
  const policies = policiesFor(gating.policies, cluster.name, service);
  const label = unsupportedLabel(service);
  return {
    cluster: cluster.name,
    service: service.name,
    stack: service.stack,
    policies: policies.map(toPolicyView),
    total: toTotalView(combineGates(policies)),
    problem:
      label === null
        ? (gatesOf(gating, cluster, service, now)?.problem ?? null)
        : unsupportedWords(label),
  };
};
