import type { ServiceView } from '../contract/views.ts';

type Standing = Pick<ServiceView, 'verdict' | 'reason' | 'detail' | 'plan'>;

/** Whether the plan of a run that pins says of a service that is `unknown` that it would be deployed. */
export const isToBePinned = ({ verdict, plan }: Pick<Standing, 'verdict' | 'plan'>): boolean =>
  verdict === 'unknown' && plan === 'deploy';

/**
 * Whether SmartRedeploy deploys a service that stands so. One that is `unpinned` has a detail only where it is held: by a
 * label, or because the cluster cannot deploy its image.
 */
export const wouldDeploy = ({ plan, reason, detail }: Standing, pin: boolean): boolean =>
  plan === 'deploy' || (pin && reason === 'unpinned' && detail === undefined);
