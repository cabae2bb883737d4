import type { DeploymentView } from '../contract/views.ts';
import { numberOf } from './step-detail.ts';

export const NOTHING_TO_VERIFY = 'nothing to verify: 0 replicas';

/** Whether a deployment succeeded without any task, so it is unknown whether the image works. */
export const hadNothingToVerify = ({
  state,
  steps,
}: Pick<DeploymentView, 'state' | 'steps'>): boolean => {
  if (state !== 'succeeded') return false;
  const end = steps.findLast(({ step }) => step === 'succeeded');
  return end !== undefined && numberOf(end.detail, 'desired') === 0;
};
