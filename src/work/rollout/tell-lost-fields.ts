import { addStepOnWay, type Deployment } from '../../store/deployments/deployments.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/**
 * Raises an alarm if a cluster changed other fields of a service than the update asked for: in the deployment's steps
 * and in the log. It gives only the names of the fields, because values may be secrets.
 */
export const tellLostFields = async (
  { clock, db, log }: Pick<RolloutDeps, 'clock' | 'db' | 'log'>,
  { id, serviceName }: Pick<Deployment, 'id' | 'serviceName'>,
  fields: readonly string[],
): Promise<void> => {
  if (fields.length === 0) return;
  log.error('the cluster changed settings of the service that the update did not ask for', {
    deployment: id,
    service: serviceName,
    fields,
  });
  await addStepOnWay(db, id, { at: clock.now(), step: 'settings-changed', detail: { fields } });
};
