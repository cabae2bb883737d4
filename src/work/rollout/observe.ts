import { isAsked } from '../../core/rollout/decide.ts';
import type { Seen } from '../../core/rollout/move.ts';
import { observeService } from '../cluster/observe-service.ts';
import { frozenAs } from './gather-facts.ts';
import type { Run } from './run.ts';

/**
 * Observes the service, unless the deployment was postponed and a freeze holds it anyway: its cluster may be
 * unreachable.
 */
export const observe = async (run: Run): Promise<Seen> => {
  const { deps, deployment, signal } = run;
  const { intent, serviceId, runAt, queuedAt } = deployment;
  const isPutOff = intent === null && runAt > queuedAt;
  if (isPutOff && !isAsked(deployment) && (await frozenAs(run, null)) !== null) {
    return 'not-asked';
  }
  return observeService(deps.cluster, serviceId, signal);
};
