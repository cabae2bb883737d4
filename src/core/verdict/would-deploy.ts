import type { ServiceView } from '../contract/views.ts';

type Standing = Pick<ServiceView, 'verdict' | 'reason' | 'detail' | 'plan'>;

/** Whether a run with `--pin` would deploy this `unknown` service, according to its plan. */
export const isToBePinned = ({ verdict, plan }: Pick<Standing, 'verdict' | 'plan'>): boolean =>
  verdict === 'unknown' && plan === 'deploy';

/**
 * Whether SmartRedeploy would deploy this service. An `unpinned` service has a detail only if it is held: by a label,
 * or because the cluster cannot deploy its image.
 */
export const wouldDeploy = ({ plan, reason, detail }: Standing, pin: boolean): boolean =>
  plan === 'deploy' || (pin && reason === 'unpinned' && detail === undefined);
