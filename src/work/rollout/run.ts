import type { Deployment } from '../../core/rollout/deployment.ts';
import type { Seen } from '../../core/rollout/move.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/** One step of one deployment, with its present row. */
export type Run = {
  readonly deps: RolloutDeps;
  readonly deployment: Deployment;
  readonly signal: AbortSignal;
};

/** The service, if it was seen. */
export const serviceOf = (seen: Seen): Service | null =>
  typeof seen === 'string' || 'problem' in seen ? null : seen.service;

/** Fields for log lines. */
export const about = ({ deployment }: Run): Record<string, unknown> => ({
  cluster: deployment.cluster,
  deployment: deployment.id,
  service: deployment.serviceName,
  image: `${deployment.name}:${deployment.tag}`,
});
