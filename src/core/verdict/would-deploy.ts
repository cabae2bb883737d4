import type { ServiceView } from '../contract/views.ts';

/** The detail of what is `unknown: unpinned` and would be deployed, in the plan of a run that pins. */
export const TO_BE_PINNED = 'would be deployed, which pins it to what is published';

type Standing = Pick<ServiceView, 'verdict' | 'reason' | 'detail'>;

/** Whether the plan says of a service that is `unknown` that it would be deployed. */
export const isToBePinned = ({ detail }: Standing): boolean => detail === TO_BE_PINNED;

/**
 * Whether SmartRedeploy deploys a service that stands so. One that is `unpinned` has another detail
 * only where it is held: by a label, or because the cluster cannot deploy its image.
 */
export const wouldDeploy = (service: Standing, pin: boolean): boolean => {
  const { verdict, reason, detail = TO_BE_PINNED } = service;
  return (
    verdict === 'obsolete' ||
    (pin && verdict === 'unknown' && reason === 'unpinned' && detail === TO_BE_PINNED)
  );
};
