import type { Capabilities } from '../../core/swarm/cluster.ts';
import type { GateRules } from '../../core/policy/gates/gate-policy.ts';
import { combineGates, hasGates, problemOfRules } from '../../core/policy/gates/gate-rules.ts';
import { type ConfiguredPolicy, policiesFor } from '../../core/policy/gates/matching-policies.ts';
import { isInScope, type Scope } from '../../core/contract/scope.ts';
import type { Service } from '../../core/swarm/service.ts';

/** A token that could vote. All channels with one-time links count as one such token. */
export type VoterToken = { readonly role: string; readonly scope: Scope | null };

/** The parts of the configuration that concern gates. */
export type Gating = {
  readonly policies: readonly ConfiguredPolicy[];
  readonly voters: readonly VoterToken[];
};

export const NO_GATING: Gating = { policies: [], voters: [] };

/** The gates of a service; null if it has none. `problem` says, for a person, why they could never open. */
export type ServiceGates = { readonly rules: GateRules; readonly problem: string | null };

const CHOSEN_DIGEST =
  'Swarmpit cannot deploy a chosen digest, so a minimum age or an approval cannot be enforced: remove the gate, or connect the helper to the engine instead of Swarmpit';

/** The gates of a service of one cluster, by its labels and the configuration. */
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
