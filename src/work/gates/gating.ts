import type { Capabilities } from '../../core/swarm/cluster.ts';
import type { GateRules } from '../../core/policy/gates/gate-policy.ts';
import { combineGates, hasGates, problemOfRules } from '../../core/policy/gates/gate-rules.ts';
import { type ConfiguredPolicy, policiesFor } from '../../core/policy/gates/matching-policies.ts';
import { isInScope, type Scope } from '../../core/contract/scope.ts';
import type { Service } from '../../core/swarm/service.ts';

/** An API token that could vote, or all channels that carry links together. */
export type VoterToken = { readonly role: string; readonly scope: Scope | null };

/** What the configuration says about gates. */
export type Gating = {
  readonly policies: readonly ConfiguredPolicy[];
  readonly voters: readonly VoterToken[];
};

export const NO_GATING: Gating = { policies: [], voters: [] };

/** The gates of a service; null where it has none. `problem` says why they could never open, for a person. */
export type ServiceGates = { readonly rules: GateRules; readonly problem: string | null };

const CHOSEN_DIGEST =
  'Swarmpit cannot deploy a chosen digest, so that a minimum age or an approval cannot be kept: take the gate away, or give the helper the engine instead of Swarmpit';

/** What stands in the way of services of one cluster, by their labels and the configuration. */
export const gatesOf = (
  { policies, voters }: Gating,
  cluster: { readonly name: string; readonly capabilities: Pick<Capabilities, 'setsDigest'> },
  service: Service,
  now: number,
): ServiceGates | null => {
  const rules = combineGates(policiesFor(policies, cluster.name, service));
  if (!hasGates(rules)) return null;
  const needsDigest = rules.minAge !== null || rules.approval !== null;
  if (needsDigest && !cluster.capabilities.setsDigest) return { rules, problem: CHOSEN_DIGEST };
  const at = { cluster: cluster.name, stack: service.stack };
  const able = voters.filter(({ scope }) => scope === null || isInScope(scope, at));
  return { rules, problem: problemOfRules(rules, able, now) };
};
