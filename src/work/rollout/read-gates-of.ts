import type { Deployment } from '../../core/rollout/deployment.ts';
import type { Facts } from '../../core/rollout/move.ts';
import { votesFor } from '../../store/approvals/votes.ts';
import type { Service } from '../../core/swarm/service.ts';
import { NO_GATING } from '../gates/gating.ts';
import { readGates } from '../gates/judge-gates.ts';
import type { Run } from './run.ts';

/** Deployments that pass every gate: a person's rollback, and what an operator let through with a reason. */
const passesGates = ({ cause, gates }: Deployment): boolean =>
  cause === 'taken-back' || gates === 'skipped';

/** The gates that are closed for a deployment now, directly before it is sent, by the present service. */
export const readGatesOf = async (
  { deps, deployment }: Run,
  service: Service,
): Promise<Facts['closed']> => {
  if (passesGates(deployment) || !service.image.ok) return null;
  const gates = await readGates(deps.db, deps.cluster, deps.gating ?? NO_GATING, deps.clock.now());
  const image = { ...service.image.image, tag: deployment.tag };
  const one = { service, image, published: deployment.to, knownDigest: deployment.from };
  await gates.prepare([one]);
  if (deployment.to === null) return gates.closedFor(one);
  // The waiting row may be gone by now, but its votes still count. Only another spec makes them void.
  const votedOn = {
    cluster: deployment.cluster,
    service_id: service.id,
    spec_fingerprint: service.specFingerprint(),
    tag: deployment.tag,
    digest: deployment.to,
    candidate_since: 0,
  };
  const votes = await votesFor(deps.db, votedOn);
  return gates.closedFor(one, { votes, since: deployment.queuedAt });
};
